;; An actor whose results are not what its type says; Rust could not return them. The first letter of a request's body
;; says how:
;;   d  a discriminant that no case has        (neither ok nor error)
;;   p  an answer that lies beyond its memory
;;   s  an error that is not UTF-8
;;   u  an address for the result that is not aligned
;; Any other body is echoed. pinger.wat explains the layout.
(component
  (core module $actor
    (memory (export "memory") 2)
    (global $free (mut i32) (i32.const 1024))
    (data (i32.const 64) "a\ff\fe")

    ;; As plain as can be: two pages, aligned to 8, and a trap when they are full.
    (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $free))
      (global.set $free (i32.and
        (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 7))
        (i32.const -8)))
      (if (i32.gt_u (global.get $free) (i32.const 131072)) (then unreachable))
      (local.get $at))

    (func (export "done") (param i32) (global.set $free (i32.const 1024)))

    (func $keep (param $some i32) (param $at i32) (param $len i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store8 (i32.const 4) (local.get $some))
      (i32.store (i32.const 8) (local.get $at))
      (i32.store (i32.const 12) (local.get $len)))

    (func (export "init") (param $some i32) (param $at i32) (param $len i32) (result i32)
      (call $keep (local.get $some) (local.get $at) (local.get $len))
      (i32.const 0))

    (func (export "send") (param $some i32) (param $at i32) (param $len i32) (param i32 i32) (result i32)
      (call $keep (local.get $some) (local.get $at) (local.get $len))
      (i32.const 0))

    (func (export "request") (param $some i32) (param $at i32) (param $len i32)
                             (param i32 i32) (param $body i32) (param $body-len i32) (result i32)
      (local $how i32)
      (call $keep (local.get $some) (local.get $at) (local.get $len))
      (i32.store8 (i32.const 16) (i32.const 1))
      (i32.store (i32.const 20) (local.get $body))
      (i32.store (i32.const 24) (local.get $body-len))
      (if (local.get $body-len) (then (local.set $how (i32.load8_u (local.get $body)))))
      (if (i32.eq (local.get $how) (i32.const 0x64)) ;; d
        (then (i32.store8 (i32.const 0) (i32.const 7))))
      (if (i32.eq (local.get $how) (i32.const 0x70)) ;; p
        (then (i32.store (i32.const 20) (i32.const 0x7fffff00))))
      (if (i32.eq (local.get $how) (i32.const 0x73)) ;; s
        (then
          (i32.store8 (i32.const 0) (i32.const 1))
          (i32.store (i32.const 4) (i32.const 64))
          (i32.store (i32.const 8) (i32.const 3))))
      (if (i32.eq (local.get $how) (i32.const 0x75)) ;; u
        (then (return (i32.const 1))))
      (i32.const 0)))
  (core instance $actor (instantiate $actor))
  (alias core export $actor "memory" (core memory $memory))
  (alias core export $actor "realloc" (core func $realloc))
  (alias core export $actor "done" (core func $done))

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
