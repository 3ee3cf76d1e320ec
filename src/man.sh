#!/bin/sh
# Writes the manual page of a program from what it says of itself.   man.sh PROGRAM SECTION
set -eu
program=$1 section=$2 name=$(basename "$1")

# Text as it stands, for roff.
plain() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'\'']\)/\\\&\1/'; }
verbatim() { printf '.nf\n'; plain; printf '.fi\n'; }
# The verbs of `crmctl --help`, one a line.
verbs() { "$program" --help | sed -n "s/^  $name \([a-z][a-z]*\( [a-z][a-z]*\)*\).*/\1/p"; }

settings() {
    cat <<ROFF
.SH FILES
.I /etc/crmd/crmd.conf
and then
.I /etc/crmd/conf.d/*.conf
hold the settings; variables CRM_<SECTION>_<KEY> and options \-o follow, and the last wins.
.SH SIGNALS
SIGTERM and SIGINT let what has begun finish and end the program. SIGHUP reads the settings again, all or,
when there is a mistake in one, none; those marked (SIGHUP) below are taken at once, others are named in the log
and want a restart. It reads the certificate again too.
.SH SETTINGS
ROFF
    "$program" --example | verbatim
}
connector_settings() {
    cat <<ROFF
.SH FILES
.I /etc/crmd/connectors.conf
and then
.I /etc/crmd/connectors.d/*.conf
hold the settings; variables CRM_<SECTION>_<KEY> and options \-o follow, and the last wins.
.SH SETTINGS
ROFF
    "$program" --example | verbatim
}
verb_pages() {
    echo .SH VERBS
    verbs | while read -r verb; do
        printf '.SS %s\n' "$verb"
        # shellcheck disable=SC2086 # a verb is words
        "$program" $verb --help | verbatim
    done
}

printf '.TH %s %s "" "Svyaz %s"\n' "$(echo "$name" | tr '[:lower:]' '[:upper:]')" "$section" \
    "$("$program" --version | sed 's/.* //')"
printf '.SH NAME\n%s \\- %s\n' "$name" "$("$program" --help | sed -n '1s/^[^ ]* - //p' | plain)"
printf '.SH DESCRIPTION\n'
"$program" --help | sed 1,2d | verbatim
case $name in
crmd) settings ;;
crmctl) verb_pages ;;
*) connector_settings ;;
esac
printf '.SH SEE ALSO\n.BR crmd (8),\n.BR crmctl (1),\n.BR crm-lmtpd (8),\n.BR crm-deliver (8),\n.BR crm-imap (8),\n.BR crm-outbox (8)\n'
