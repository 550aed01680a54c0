#!/bin/sh
# Builds every fuzz target and runs each for a bounded number of inputs, from the committed corpus.
#   fuzz/run.sh [RUNS]      (20,000 unless said otherwise; the targets with guests make a hundredth of that)
# Needs a nightly toolchain and cargo-fuzz; without them it says so and ends well.
set -eu
cd "$(dirname "$0")/.."
runs=${1:-20000}

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz: not run: there is no nightly toolchain (rustup toolchain install nightly)"
    exit 0
fi
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo "fuzz: not run: there is no cargo-fuzz (cargo install cargo-fuzz)"
    exit 0
fi

cargo +nightly fuzz build --sanitizer none
for target in $(cargo +nightly fuzz list); do
    case $target in
        guests | component) count=$((runs / 100)) ;;
        *) count=$runs ;;
    esac
    echo "fuzz: $target, $count inputs"
    # What is new goes to a folder of its own: the committed corpus stays small.
    mkdir -p "target/fuzz-corpus/$target"
    cargo +nightly fuzz run --sanitizer none "$target" "target/fuzz-corpus/$target" "fuzz/corpus/$target" -- \
        -runs="$count" -seed=1 -max_len=4096 -verbosity=0 -print_final_stats=1 2>&1 |
        grep -E "stat::(number_of_executed_units|average_exec_per_sec)|ERROR|panicked|SUMMARY" || true
    if [ -n "$(find "fuzz/artifacts/$target" -type f 2>/dev/null)" ]; then
        echo "fuzz: $target found something: fuzz/artifacts/$target"
        exit 1
    fi
done
