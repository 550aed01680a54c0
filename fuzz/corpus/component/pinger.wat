;; An actor by hand: what a guest is when no toolchain has had a part in it. A request is answered `pong`; a send is
;; logged as `observe pinged true`. It has no channel handlers, which Theater 0.2 would not accept.
;;
;; The canonical ABI in short: `option<list<u8>>` as a parameter is three numbers (some?, where, how long). A result of
;; more than one number is returned as an address, where it lies as
;;   handle-send     0: error?  4: some?  8: where  12: how long          (or, on an error, 4: where  8: how long)
;;   handle-request  the same, then 16: some?  20: where  24: how long of the answer
(component
  (import "theater:simple/runtime" (instance $runtime
    (export "log" (func (param "msg" string)))))

  ;; Memory, and who hands it out. A module of its own, since `log` needs the memory before the actor's code exists.
  (core module $heap
    (memory (export "memory") 2)
    ;; Constants and the place for results lie below.
    (global $free (mut i32) (i32.const 1024))
    (data (i32.const 64) "observe pinged true")
    (data (i32.const 96) "pong")

    ;; The host's way in: room for what it passes, a fresh piece every time.
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.sub (i32.add (global.get $free) (local.get $align)) (i32.const 1))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (block $fits
        (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits (i32.ne (i32.const -1) (memory.grow
          (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))))
        unreachable)
      (if (local.get $old-size)
        (then (memory.copy (local.get $at) (local.get $old) (local.get $old-size))))
      (local.get $at))

    ;; Once the host has read a result, nothing of the call is needed any more.
    (func (export "done") (param $result i32)
      (global.set $free (i32.const 1024))))
  (core instance $heap (instantiate $heap))
  (alias core export $heap "memory" (core memory $memory))
  (alias core export $heap "realloc" (core func $realloc))
  (alias core export $heap "done" (core func $done))

  (core func $log (canon lower (func $runtime "log") (memory $memory)))

  (core module $actor
    (import "heap" "memory" (memory 1))
    (import "host" "log" (func $log (param i32 i32)))

    ;; ok(state)
    (func $keep (param $some i32) (param $at i32) (param $len i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store8 (i32.const 4) (local.get $some))
      (i32.store (i32.const 8) (local.get $at))
      (i32.store (i32.const 12) (local.get $len)))

    (func (export "init") (param $some i32) (param $at i32) (param $len i32) (result i32)
      (call $keep (local.get $some) (local.get $at) (local.get $len))
      (i32.const 0))

    (func (export "send") (param $some i32) (param $at i32) (param $len i32)
                          (param $body i32) (param $body-len i32) (result i32)
      (call $log (i32.const 64) (i32.const 19))
      (call $keep (local.get $some) (local.get $at) (local.get $len))
      (i32.const 0))

    (func (export "request") (param $some i32) (param $at i32) (param $len i32)
                             (param $id i32) (param $id-len i32) (param $body i32) (param $body-len i32) (result i32)
      (call $keep (local.get $some) (local.get $at) (local.get $len))
      (i32.store8 (i32.const 16) (i32.const 1))
      (i32.store (i32.const 20) (i32.const 96))
      (i32.store (i32.const 24) (i32.const 4))
      (i32.const 0)))
  (core instance $actor (instantiate $actor
    (with "heap" (instance $heap))
    (with "host" (instance (export "log" (func $log))))))

  (func $init
    (param "state" (option (list u8)))
    (result (result (tuple (option (list u8))) (error string)))
    (canon lift (core func $actor "init") (memory $memory) (realloc $realloc) (post-return $done)))
  (func $send
    (param "state" (option (list u8))) (param "params" (tuple (list u8)))
    (result (result (tuple (option (list u8))) (error string)))
    (canon lift (core func $actor "send") (memory $memory) (realloc $realloc) (post-return $done)))
  (func $request
    (param "state" (option (list u8))) (param "params" (tuple string (list u8)))
    (result (result (tuple (option (list u8)) (tuple (option (list u8)))) (error string)))
    (canon lift (core func $actor "request") (memory $memory) (realloc $realloc) (post-return $done)))

  (instance $actor-exports (export "init" (func $init)))
  (instance $client-exports (export "handle-send" (func $send)) (export "handle-request" (func $request)))
  (export "theater:simple/actor" (instance $actor-exports))
  (export "theater:simple/message-server-client" (instance $client-exports)))
