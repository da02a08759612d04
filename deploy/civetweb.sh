#!/usr/bin/env bash
# Builds civetweb from Debian's own source package, as a static library with OpenSSL 3 linked in and IPv6: the packaged
# binary has no IPv6 and fails at the first TLS connection (it looks for OpenSSL 1.1's symbols at run time). Linked at
# build time, the 1.1 interface is what OpenSSL 3's headers provide too.
# usage: deploy/civetweb.sh PREFIX. Does nothing when PREFIX already holds it.
set -euo pipefail
prefix=${1:?usage: deploy/civetweb.sh PREFIX}
[ -e "$prefix/lib/libcivetweb.a" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A private apt root that knows the machine's own sources as source packages: /etc/apt stays as it is.
mkdir -p "$work/apt/etc" "$work/apt/lists/partial" "$work/apt/archives/partial"
for f in /etc/apt/sources.list.d/*.sources; do
    [ -e "$f" ] && sed 's/^Types:.*/Types: deb-src/' "$f" >"$work/apt/etc/$(basename "$f")"
done
if [ -s /etc/apt/sources.list ]; then
    sed -n 's/^deb\(-src\)\? /deb-src /p' /etc/apt/sources.list >"$work/apt/etc/list.list"
fi
apt=(apt-get -qq -o "Dir::Etc::SourceParts=$work/apt/etc" -o "Dir::Etc::SourceList=/dev/null"
     -o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache::Archives=$work/apt/archives" -o "Dir::Cache::pkgcache="
     -o "Dir::Cache::srcpkgcache=" -o "APT::Sandbox::User=root")
echo "civetweb: fetching Debian's source package"
"${apt[@]}" update
(cd "$work" && "${apt[@]}" source civetweb >/dev/null)
source=$(find "$work" -maxdepth 1 -type d -name 'civetweb-*' | head -1)
echo "civetweb: building $(basename "$source") with TLS and IPv6"

build_it() {
    cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX="$prefix" \
        -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF \
        -DCIVETWEB_BUILD_TESTING=OFF -DCIVETWEB_ENABLE_SERVER_EXECUTABLE=OFF -DCIVETWEB_ENABLE_CXX=OFF \
        -DCIVETWEB_ENABLE_ASAN=OFF -DCIVETWEB_ENABLE_DEBUG_TOOLS=OFF -DCIVETWEB_SERVE_NO_FILES=ON \
        -DCIVETWEB_DISABLE_CGI=ON -DCIVETWEB_ENABLE_IPV6=ON -DCIVETWEB_ENABLE_SSL_DYNAMIC_LOADING=OFF \
        -DCIVETWEB_SSL_OPENSSL_API_1_1=ON &&
        cmake --build "$work/build" && cmake --install "$work/build"
}
if ! build_it >"$work/log" 2>&1; then
    echo "civetweb: the build failed:" >&2
    tail -30 "$work/log" >&2
    exit 1
fi
