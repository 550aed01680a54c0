#!/bin/sh
# Builds every fuzz target and runs each for a bounded number of inputs, from the committed corpus. A target that fails, fails
# the script; `planted`, whose scenario loses an update, must.
#   fuzz/run.sh [RUNS]      (20,000 unless said otherwise; targets that are slow make fewer)
# Needs a nightly toolchain and cargo-fuzz, and tries to get them; where it cannot, it says so and ends well.
#
# How it builds, and why:
# - no sanitizer: this crate is safe Rust but for a few lines, and a sanitizer halves the speed;
# - no tracing of comparisons: it takes half of the time of a target whose bytes are compared with nothing. What the texts
#   are compared with is in fuzz/dictionaries;
# - the targets without components first, by themselves: they need no wasmtime, which takes the most of the time.
set -eu
cd "$(dirname "$0")/.."
runs=${1:-20000}
longest=180

not_run() {
    echo "fuzz: NOT RUN: $1"
    exit 0
}

cargo +nightly --version >/dev/null 2>&1 ||
    timeout 900 rustup toolchain install nightly --profile minimal >/dev/null 2>&1 ||
    not_run "there is no nightly toolchain, and it could not be had (rustup toolchain install nightly --profile minimal)"
cargo +nightly fuzz --version >/dev/null 2>&1 ||
    timeout 1200 cargo install cargo-fuzz --locked >/dev/null 2>&1 ||
    not_run "there is no cargo-fuzz, and it could not be had (cargo install cargo-fuzz --locked)"

common="--sanitizer none --no-trace-compares"
guests="$common --features wasm --codegen-units 16"
work=${CARGO_TARGET_DIR:-fuzz/target}
mkdir -p "$work"

# fuzz TARGET INPUTS FLAGS: whether the target held; what it printed is in $log.
fuzz() {
    target=$1 count=$2 flags=$3
    log=$work/$target.log
    # What is new goes to a folder of its own: the committed corpus stays small.
    mkdir -p "$work/corpus/$target" "fuzz/corpus/$target"
    dictionary=
    [ -f "fuzz/dictionaries/$target" ] && dictionary="-dict=fuzz/dictionaries/$target"
    # shellcheck disable=SC2086
    cargo +nightly fuzz run $flags "$target" "$work/corpus/$target" "fuzz/corpus/$target" -- \
        -runs="$count" -max_total_time=$longest -seed=1 -max_len=16384 -timeout=60 -rss_limit_mb=4096 \
        -reduce_inputs=0 -verbosity=0 -print_final_stats=1 $dictionary >"$log" 2>&1
}

holds() {
    if fuzz "$1" "$2" "$3"; then
        told=$(sed -n 's/^stat::number_of_executed_units: */executed /p; s/^stat::average_exec_per_sec: */a second /p' "$log")
        echo "fuzz: $1 held:" $told
    else
        tail -60 "$log"
        echo "fuzz: $1 FAILED; what it found is in fuzz/artifacts/$1"
        exit 1
    fi
}

breaks() {
    if fuzz "$1" "$2" "$3"; then
        echo "fuzz: $1 FAILED: nothing was found, and something is planted"
        exit 1
    fi
    grep -q "property .* does not hold" "$log" || {
        tail -60 "$log"
        echo "fuzz: $1 FAILED, and not by what is planted"
        exit 1
    }
    rm -f fuzz/artifacts/"$1"/crash-*
    echo "fuzz: $1 was found, as it must be"
}

# shellcheck disable=SC2086
cargo +nightly fuzz build $common
for target in schedule client_script scenario_json trace_text chain; do
    case $target in
        schedule) holds $target $((runs * 10)) "$common" ;;
        *) holds $target "$runs" "$common" ;;
    esac
done
breaks planted $((runs * 10)) "$common"
# shellcheck disable=SC2086
cargo +nightly fuzz build $guests guests
# shellcheck disable=SC2086
cargo +nightly fuzz build $guests component
for target in guests component; do
    holds $target $((runs / 20)) "$guests"
done
