;; An actor that wants the world outside: it imports an interface of WASI, which nobody serves here. It is refused when it
;; is loaded, by the name of what is missing. It would do nothing, even if it were let in.
(component
  (import "wasi:random/random@0.2.6" (instance
    (export "get-random-u64" (func (result u64)))))

  (core module $actor
    (memory (export "memory") 2)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    ;; ok(none)
    (func (export "init") (param i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $actor (instantiate $actor))
  (alias core export $actor "memory" (core memory $memory))
  (alias core export $actor "realloc" (core func $realloc))

  (func $init
    (param "state" (option (list u8)))
    (result (result (tuple (option (list u8))) (error string)))
    (canon lift (core func $actor "init") (memory $memory) (realloc $realloc)))
  (instance $actor-exports (export "init" (func $init)))
  (export "theater:simple/actor" (instance $actor-exports)))
