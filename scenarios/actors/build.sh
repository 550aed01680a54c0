#!/bin/sh
# Builds every guest of this folder and writes NAME.wasm and components.lock. Run it after changing a guest or wit/.
# The same sources and compiler give the same bytes, wherever the checkout lies.
#
# The standard library for wasm32 comes from the first of these that there is:
#   1. the installed target      (rustup target add wasm32-unknown-unknown); other bytes than 2 and 3, the same behaviour
#   2. the installed sources     (rustup component add rust-src)
#   3. Debian's package rust-src (downloaded into target/, past the machine's own package lists; needs apt and a network)
# REHEARSAL_STD=installed, sources or debian picks one; `sources` and `debian` made the committed files.
set -eu
cd "$(dirname "$0")"
here=$(pwd -P)
root=$(cd ../.. && pwd -P)
sysroot=$(rustc --print sysroot)
release=$(rustc --version | cut -d ' ' -f 2)
library=$sysroot/lib/rustlib/src/rust/library
std=${REHEARSAL_STD:-}
[ -n "$std" ] || { [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" ] && std=installed; } ||
    { [ -f "$library/Cargo.lock" ] && std=sources; } || std=debian

# The sources must be of the compiler's own release to the digit, or `core` fails with unknown lang items.
fetch_library() {
    apt=$here/target/apt
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/etc/apt.conf.d"
    touch "$apt/status"
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n 's/^URIs: *//p; s/^deb *\(\[[^]]*\]\)\{0,1\} *//p' | cut -d ' ' -f 1 | grep '/debian/*$' | head -n 1)
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$keys] ${mirror:-http://deb.debian.org/debian} trixie-backports main" > "$apt/etc/sources.list"
    cat > "$apt/apt.conf" <<EOF
Dir::Etc "$apt/etc";
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
EOF
    export APT_CONFIG="$apt/apt.conf"
    apt-get -q update
    version=$(apt-cache madison rust-src | cut -d '|' -f 2 | tr -d ' ' | grep -F "$release+" | head -n 1)
    [ -n "$version" ] || { echo "error: Debian has no rust-src for rustc $release" >&2; exit 1; }
    (cd target && apt-get -q download "rust-src=$version")
    dpkg --fsys-tarfile target/rust-src_*.deb | tar -x -C target "./usr/src/rustc-$release/library"
    rm -rf target/rust-src_*.deb "$apt" target/library-part
    mkdir target/library-part
    mv "target/usr/src/rustc-$release/library" target/library-part/library
    mv target/library-part "target/rust-$release"
}

build_std=
if [ "$std" != installed ]; then
    if [ ! -f "target/rust-$release/library/Cargo.lock" ]; then
        rm -rf "target/rust-$release"
        mkdir -p target
        if [ "$std" = sources ]; then
            mkdir "target/rust-$release"
            cp -R "$library" "target/rust-$release/library"
        else
            fetch_library
        fi
    fi
    # The two settings let a stable cargo build the standard library, and say where it is.
    export RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT="$here/target/rust-$release/library"
    build_std="-Z build-std=std,panic_abort -Z build-std-features=optimize_for_size"
fi

# Cargo tells rustc to tell crates apart by a hash, of the standard library's folder too, which ends up in the order of the
# functions. Between cargo and rustc, this names a crate after itself; std has its own copies of some of the others.
mkdir -p target
cat > target/rustc-by-name <<'EOF'
#!/bin/sh
std=
for arg; do
    [ "$arg" = -Zforce-unstable-if-unmarked ] && std=-in-std
done
for arg; do
    shift
    case $arg in metadata=*) arg=metadata=$CARGO_PKG_NAME-$CARGO_PKG_VERSION-$CARGO_CRATE_NAME$std ;; esac
    set -- "$@" "$arg"
done
exec "$@"
EOF
chmod +x target/rustc-by-name
export RUSTC_WRAPPER="$here/target/rustc-by-name"

# Fetched before the paths are listed, so that the registry's folder exists on a machine that never built anything.
# shellcheck disable=SC2086
CARGO_TARGET_DIR="$here/target" cargo fetch -q --locked --target wasm32-unknown-unknown ${build_std%% -Z build-std-features*}

# No path of this machine may reach a component: panics name the files they come from.
tab=$(printf '\037')
flags="--remap-path-prefix=$root=/rehearsal$tab--remap-path-prefix=$here/target/rust-$release/library=/rust/library"
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    flags="$flags$tab--remap-path-prefix=$registry=/crates"
done
export CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$here/target"

# shellcheck disable=SC2086
cargo build --locked --release --target wasm32-unknown-unknown $build_std --workspace --exclude json

for manifest in */Cargo.toml; do
    name=${manifest%/Cargo.toml}
    [ "$name" = json ] && continue
    cp "target/wasm32-unknown-unknown/release/$(echo "$name" | tr - _).wasm" "$name.wasm"
done

cd "$root"
shared="wit scenarios/actors/json scenarios/actors/.cargo scenarios/actors/Cargo.toml scenarios/actors/Cargo.lock"
# Path, NUL, length, NUL, bytes, for every file below the given ones, in the order of their paths' bytes.
digest() {
    find -L "$@" -type f | LC_ALL=C sort | while read -r file; do
        printf '%s\0%s\0' "$file" "$(wc -c < "$file" | tr -d ' ')"
        cat "$file"
    done | sha1sum | cut -d ' ' -f 1
}
{
    cat <<EOF
# Written by build.sh; not to be edited. Lines: NAME SOURCES COMPONENT, sorted by name. A test holds them against the files.
# COMPONENT is the SHA-1 of scenarios/actors/NAME.wasm. SOURCES is the SHA-1 over, for every file in the byte order of its
# path from the project's root (with /), the path, a zero byte, its length in decimal digits, a zero byte, its bytes. The files:
#   scenarios/actors/NAME/** wit/** scenarios/actors/json/** scenarios/actors/.cargo/** scenarios/actors/Cargo.toml and Cargo.lock
# Links are followed: wit/actor-with-params holds some. Built with rustc $release, standard library: $std.
EOF
    for manifest in scenarios/actors/*/Cargo.toml; do
        folder=${manifest%/Cargo.toml}
        [ "$folder" = scenarios/actors/json ] && continue
        # shellcheck disable=SC2086
        echo "${folder##*/} $(digest "$folder" $shared) $(sha1sum < "$folder.wasm" | cut -d ' ' -f 1)"
    done | LC_ALL=C sort
} > scenarios/actors/components.lock

if grep -l -a -F -e "$root" -e "$HOME/" -e /tmp/ scenarios/actors/*.wasm; then
    echo "error: the components above name paths of this machine" >&2
    exit 1
fi
