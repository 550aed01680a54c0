;; An actor that does what the first byte of a message says. It is written by hand so that it can also break the rules
;; that bindings generators keep.
(component
  (import "theater:simple/message-server-host" (instance $host
    (export "send" (func (param "actor-id" string) (param "msg" (list u8)) (result (result (error string)))))
    (export "request"
      (func (param "actor-id" string) (param "msg" (list u8)) (result (result (list u8) (error string)))))))

  ;; Memory, and an allocator that never frees: each handler's end gives all back.
  (core module $libc
    (memory (export "memory") 1)
    (global $next (export "next") (mut i32) (i32.const 4096))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $send (canon lower (func $host "send") (memory $memory) (realloc $realloc)))
  (core func $request (canon lower (func $host "request") (memory $memory) (realloc $realloc)))

  (core module $main
    (import "libc" "memory" (memory 1))
    (import "libc" "next" (global $next (mut i32)))
    (import "host" "send" (func $send (param i32 i32 i32 i32 i32)))
    (import "host" "request" (func $request (param i32 i32 i32 i32 i32)))
    (data (i32.const 0) "peer")
    (global $count (mut i32) (i32.const 0))

    ;; The result of a handler lies at 64: an `ok` of the state, and at 80 an answer.
    (func $ok (param $some i32) (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 64) (i32.const 0))
      (i32.store (i32.const 68) (local.get $some))
      (i32.store (i32.const 72) (local.get $at))
      (i32.store (i32.const 76) (local.get $length))
      (i32.const 64))
    (func $err (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 64) (i32.const 1))
      (i32.store (i32.const 68) (local.get $at))
      (i32.store (i32.const 72) (local.get $length))
      (i32.const 64))
    (func $overflow (param i32) (result i32)
      (i32.add (i32.const 1) (call $overflow (local.get 0))))
    (func $grow
      (loop $more (br_if $more (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0)))))
    (func $run_out_of_memory (call $grow) (unreachable))
    (func $break_down (unreachable))
    (func $is (param $at i32) (param $length i32) (param $letter i32) (result i32)
      (if (result i32) (local.get $length)
        (then (i32.eq (i32.load8_u (local.get $at)) (local.get $letter)))
        (else (i32.const 0))))

    (func (export "init") (param $some i32) (param $at i32) (param $length i32) (result i32)
      (call $ok (local.get $some) (local.get $at) (local.get $length)))

    (func (export "handle-send")
      (param $some i32) (param $state i32) (param $state-length i32) (param $at i32) (param $length i32) (result i32)
      ;; s: sends itself on
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x73)) (then
        (call $send (i32.const 0) (i32.const 4) (local.get $at) (local.get $length) (i32.const 128))))
      ;; q: requests, and keeps the answer as its state
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x71)) (then
        (call $request (i32.const 0) (i32.const 4) (local.get $at) (local.get $length) (i32.const 128))
        (return (call $ok (i32.const 1) (i32.load (i32.const 132)) (i32.load (i32.const 136))))))
      ;; t: traps
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x74)) (then (call $break_down)))
      ;; l: never ends
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x6c)) (then (loop $on (br $on))))
      ;; g: takes all memory and traps; G: takes all and goes on
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x67)) (then (call $run_out_of_memory)))
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x47)) (then (call $grow)))
      ;; e: an error, with all of the message as its text
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x65)) (then
        (return (call $err (local.get $at) (local.get $length)))))
      ;; o: a state out of bounds; d: neither ok nor err; p: a result at no even address
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x6f)) (then
        (return (call $ok (i32.const 1) (i32.const -16) (i32.const 8)))))
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x64)) (then
        (drop (call $ok (i32.const 0) (i32.const 0) (i32.const 0)))
        (i32.store (i32.const 64) (i32.const 7))
        (return (i32.const 64))))
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x70)) (then (return (i32.const 65))))
      ;; a: a host call with arguments out of bounds
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x61)) (then
        (call $send (i32.const 0) (i32.const 4) (i32.const -16) (i32.const 8) (i32.const 128))))
      ;; r: recursion without end
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x72)) (then
        (drop (call $overflow (i32.const 0)))))
      ;; b: a state of 60,000 bytes
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x62)) (then
        (return (call $ok (i32.const 1) (i32.const 0) (i32.const 60000)))))
      ;; c: counts in a global, out of the host's sight
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x63)) (then
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.store (i32.const 32) (i32.add (i32.const 0x30) (global.get $count)))
        (return (call $ok (i32.const 1) (i32.const 32) (i32.const 1)))))
      (call $ok (local.get $some) (local.get $state) (local.get $state-length)))

    (func (export "handle-request")
      (param $some i32) (param $state i32) (param $state-length i32)
      (param $id i32) (param $id-length i32) (param $at i32) (param $length i32) (result i32)
      ;; n: answers later; q: asks somebody else; else: an echo
      (i32.store (i32.const 80) (i32.const 1))
      (i32.store (i32.const 84) (local.get $at))
      (i32.store (i32.const 88) (local.get $length))
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x6e)) (then
        (i32.store (i32.const 80) (i32.const 0))))
      (if (call $is (local.get $at) (local.get $length) (i32.const 0x71)) (then
        (call $request (i32.const 0) (i32.const 4) (local.get $at) (local.get $length) (i32.const 128))
        (i32.store (i32.const 84) (i32.load (i32.const 132)))
        (i32.store (i32.const 88) (i32.load (i32.const 136)))))
      (call $ok (local.get $some) (local.get $state) (local.get $state-length)))

    (func (export "end") (param i32) (global.set $next (i32.const 4096))))
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "host" (instance (export "send" (func $send)) (export "request" (func $request))))))
  (alias core export $main "init" (core func $init))
  (alias core export $main "handle-send" (core func $handle-send))
  (alias core export $main "handle-request" (core func $handle-request))
  (alias core export $main "end" (core func $end))

  (func $init-lifted (param "state" (option (list u8))) (result (result (tuple (option (list u8))) (error string)))
    (canon lift (core func $init) (memory $memory) (realloc $realloc) (post-return $end)))
  (func $handle-send-lifted (param "state" (option (list u8))) (param "params" (tuple (list u8)))
    (result (result (tuple (option (list u8))) (error string)))
    (canon lift (core func $handle-send) (memory $memory) (realloc $realloc) (post-return $end)))
  (func $handle-request-lifted (param "state" (option (list u8))) (param "params" (tuple string (list u8)))
    (result (result (tuple (option (list u8)) (tuple (option (list u8)))) (error string)))
    (canon lift (core func $handle-request) (memory $memory) (realloc $realloc) (post-return $end)))
  (instance $actor (export "init" (func $init-lifted)))
  (instance $client
    (export "handle-send" (func $handle-send-lifted))
    (export "handle-request" (func $handle-request-lifted)))
  (export "theater:simple/actor" (instance $actor))
  (export "theater:simple/message-server-client" (instance $client)))
