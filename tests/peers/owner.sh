# Whom a server runs as that refuses to be root: read by the other scripts.

# become USER FOLDER: as_owner is then what to write before a command, so that root runs it as USER;
# nothing for anybody but root. Where a folder above keeps USER out, as /root does, the command may
# pass all the same; the secure bit is for access(2), which else would not know of that.
become() {
    as_owner=
    [ "$(id -u)" -eq 0 ] || return 0
    as_owner="setpriv --reuid=$1 --regid=$1 --init-groups"
    # shellcheck disable=SC2086 # options are words
    $as_owner test -x "$2" ||
        as_owner="$as_owner --securebits=+no_setuid_fixup --inh-caps=+dac_override --ambient-caps=+dac_override"
}
