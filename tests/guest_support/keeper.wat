;; An actor that keeps what it can where its host does not see it, and shows it in its state: a count in a variable, the
;; size of its memory in pages, a byte that its memory begins with, one far from there, and one that it has to grow for.
(component
  (core module $main
    (memory (export "memory") 2 40)
    (data (i32.const 16) "a")
    (global $next (mut i32) (i32.const 4096))
    (global $count (mut i64) (i64.const 48))
    (global $half (mut f64) (f64.const 0.5))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func $end (export "end") (param i32) (global.set $next (i32.const 4096)))

    (func $show (result i32)
      (i32.store8 (i32.const 128) (i32.wrap_i64 (global.get $count)))
      (i32.store8 (i32.const 129) (i32.add (i32.const 48) (memory.size)))
      (i32.store8 (i32.const 130) (i32.load8_u (i32.const 16)))
      (i32.store8 (i32.const 131) (i32.add (i32.const 48) (i32.load8_u (i32.const 100000))))
      (i32.store8 (i32.const 132) (i32.const 0x2d))
      (if (i32.gt_u (memory.size) (i32.const 2)) (then
        (i32.store8 (i32.const 132) (i32.add (i32.const 48) (i32.load8_u (i32.const 140000))))))
      (i32.store (i32.const 64) (i32.const 0))
      (i32.store (i32.const 68) (i32.const 1))
      (i32.store (i32.const 72) (i32.const 128))
      (i32.store (i32.const 76) (i32.const 5))
      (i32.const 64))

    (func (export "handle-send")
      (param $some i32) (param $state i32) (param $state-length i32) (param $at i32) (param $length i32) (result i32)
      (local $order i32)
      (local.set $order (i32.load8_u (local.get $at)))
      ;; c: counts, in halves
      (if (i32.eq (local.get $order) (i32.const 0x63)) (then
        (global.set $half (f64.add (global.get $half) (global.get $half)))
        (global.set $count (i64.add (global.get $count) (i64.trunc_f64_u (global.get $half))))))
      ;; w: writes
      (if (i32.eq (local.get $order) (i32.const 0x77)) (then
        (i32.store8 (i32.const 16) (i32.add (i32.const 1) (i32.load8_u (i32.const 16))))
        (i32.store8 (i32.const 100000) (i32.add (i32.const 1) (i32.load8_u (i32.const 100000))))))
      ;; g: grows, as far as it may
      (if (i32.eq (local.get $order) (i32.const 0x67)) (then (drop (memory.grow (i32.const 1)))))
      ;; G: grows until it has to move
      (if (i32.eq (local.get $order) (i32.const 0x47)) (then (drop (memory.grow (i32.const 30)))))
      ;; v: writes where it grew
      (if (i32.eq (local.get $order) (i32.const 0x76)) (then
        (if (i32.gt_u (memory.size) (i32.const 2)) (then
          (i32.store8 (i32.const 140000) (i32.add (i32.const 1) (i32.load8_u (i32.const 140000))))))))
      ;; t: traps
      (if (i32.eq (local.get $order) (i32.const 0x74)) (then (unreachable)))
      (call $show)))

  (core instance $main (instantiate $main))
  (alias core export $main "memory" (core memory $memory))
  (alias core export $main "realloc" (core func $realloc))
  (alias core export $main "handle-send" (core func $handle-send))
  (alias core export $main "end" (core func $end))
  (func $lifted (param "state" (option (list u8))) (param "params" (tuple (list u8)))
    (result (result (tuple (option (list u8))) (error string)))
    (canon lift (core func $handle-send) (memory $memory) (realloc $realloc) (post-return $end)))
  (instance $client (export "handle-send" (func $lifted)))
  (export "theater:simple/message-server-client" (instance $client)))
