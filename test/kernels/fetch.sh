#!/usr/bin/env bash
# Gets kernels of Debian from the mirror that this machine uses itself, and lays out what a guest needs of each:
# FOLDER/SERIES/ with version, vmlinuz, and modules/, named in the order of their loading.
# usage: test/kernels/fetch.sh FOLDER SERIES..., for example 5.10 6.1 6.12
# The newest package of a series is looked up each time; what is there is not fetched again. Where the mirror does not
# answer, what was fetched before will do.
set -euo pipefail
folder=$(realpath -m "${1:?usage: test/kernels/fetch.sh FOLDER SERIES...}")
shift
PATH=$PATH:/usr/sbin:/sbin
suites="bullseye bookworm"                          # 5.10 is the kernel of bullseye, the others are in bookworm
modules=(veth tun bridge 8021q overlay sch_ingress cls_bpf) # what the tests make, and what clsact is made of
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The first address among the machine's sources that has a suite like $1.
mirror() {
    find /etc/apt/sources.list /etc/apt/sources.list.d \( -name '*.list' -o -name '*.sources' \) -exec cat {} + 2>/dev/null |
        sed 's/^deb *\(\[[^]]*\]\)\? */deb /' |
        awk -v wanted="$1" '/^URIs:/ { uri = $2 }
            /^Suites:/ { for (i = 2; i <= NF; i++) if ($i ~ wanted && !found) found = uri }
            $1 == "deb" && $3 ~ wanted && !found { found = $2 }
            END { print found }' || true
}

# An apt of its own, that knows kernels' suites and nothing of what is installed.
apt_root() {
    local root=$folder/apt main security
    mkdir -p "$root"/etc/apt/{apt.conf.d,preferences.d,sources.list.d} "$root"/var/lib/apt/lists/partial \
        "$root"/var/cache/apt/archives/partial "$root"/var/lib/dpkg
    : >"$root/var/lib/dpkg/status"
    main=$(mirror '^(bookworm|trixie|stable|sid)$')
    security=$(mirror '-security$')
    [ -n "$main" ] || { echo "kernels: the sources of apt name no mirror of Debian" >&2; return 1; }
    for suite in $suites; do
        echo "deb [signed-by=$keyring] $main $suite main"
        [ -z "$security" ] || echo "deb [signed-by=$keyring] $security $suite-security main"
    done >"$root/etc/apt/sources.list"
    printf '%s\n' "Dir \"$root\";" "Dir::State::status \"$root/var/lib/dpkg/status\";" 'APT::Architecture "amd64";' \
        'APT::Sandbox::User "root";' 'Acquire::Languages "none";' 'Acquire::Retries "3";' >"$root/apt.conf"
    export APT_CONFIG=$root/apt.conf
    apt-get -qq update || echo "kernels: the mirror does not have it all; going on with what is known" >&2
}

newest() { # newest SERIES: the package's name
    apt-cache pkgnames "linux-image-$1" | grep -E "^linux-image-${1//./\\.}\.[0-9].*-cloud-amd64\$" | sort -V | tail -1
}

unpack() { # unpack DEB TO
    local deb=$1 to=$2 tree version
    tree=$(mktemp -d "$folder/unpack.XXXXXX")
    dpkg-deb -x "$deb" "$tree"
    version=$(basename "$tree"/lib/modules/*)
    mkdir -p "$to.new/modules"
    cp "$tree/boot/vmlinuz-$version" "$to.new/vmlinuz"
    depmod -b "$tree" "$version"
    local number=10 kind path name
    # Each line is "insmod PATH [options]" or "builtin NAME"; a module may come with two of ours.
    while read -r kind path _; do
        [ "$kind" = insmod ] || continue
        name=$number-$(basename "${path%.ko*}").ko
        case $path in
            *.xz) xz -dc "$path" ;;
            *) cat "$path" ;;
        esac >"$to.new/modules/$name"
        number=$((number + 1))
    done < <(for module in "${modules[@]}"; do
        modprobe -d "$tree" -S "$version" --show-depends "$module"
    done | awk '!seen[$0]++')
    echo "$version" >"$to.new/version"
    echo "$version ${modules[*]}" >"$to.new/made_of"
    rm -rf "$tree" "$to"
    mv "$to.new" "$to"
}

fetch() { # fetch SERIES
    local series=$1 package version to=$folder/$1 deb
    package=$(newest "$series")
    version=${package#linux-image-}
    if [ -z "$package" ]; then
        [ -e "$to/version" ] && return 0
        echo "kernels: no package linux-image-$series.*-cloud-amd64" >&2
        return 1
    fi
    [ "$(cat "$to/made_of" 2>/dev/null)" = "$version ${modules[*]}" ] && return 0
    echo "kernels: fetching $package"
    mkdir -p "$folder/download"
    if ! (cd "$folder/download" && apt-get -qq download "$package"); then
        [ -e "$to/version" ]
        return
    fi
    deb=$(find "$folder/download" -name "${package}_*.deb" | sort -V | tail -1)
    rm -rf "$to.new"
    unpack "$deb" "$to"
    rm -f "$deb"
}

mkdir -p "$folder"
apt_root
for series in "$@"; do fetch "$series"; done
