#!/bin/sh
# One part of `make check`.   tests/part.sh PART
#
# Without a part: their names, in the order in which they run.
cd "$(dirname "$0")/.." || exit 2

parts='layers release sanitizers clang house contract generate units databases dialogues oracle
hostile statements credentials clients directory push crmd crmctl import mail readers mailout outbox connectors
imap mailtalk mailpolicies mailhostile mailstorm reliability galera clock disk fuzz operations'

part_layers() { make -s layers; }
part_release() { make -j2 all; }
part_sanitizers() { make -j2 VARIANT=check programs unit-programs; }
part_clang() { make -j2 VARIANT=fuzz CC=clang objects fuzz-programs; }
part_house() { tests/house/run.sh; }
part_contract() { build/release/crmd --check-contract wsdl; }
part_generate() { make -s check-generate; }
part_units() { tests/unit/run.sh $(unit_programs is_low); }
part_databases() { tests/unit/databases.sh $(unit_programs is_high); }
part_dialogues() { tests/dialogues/run.py; }
# Always the same worlds and questions; make torture draws others each time.
part_oracle() { tests/oracle/run.py --seed "${SEED:-15600239}"; }
part_hostile() { tests/hostile/run.py; }
part_statements() { tests/hostile/statements.py; }
part_credentials() { tests/credentials/run.py; }
part_clients() { tests/clients/check.py; }
part_directory() { tests/directory/run.py; }
part_push() { tests/push/run.py; }
part_crmd() { tests/crmd/run.py; }
part_crmctl() { tests/crmctl/run.py; }
part_import() { tests/import/run.py; }
part_mail() { tests/mail/run.py; }
part_readers() { tests/mail/readers.py; }
part_mailout() { tests/mail/sending.py; }
part_outbox() { tests/mail/outbox.py; }
part_connectors() { tests/mail/ways.py; }
part_imap() { tests/mail/imap.py; }
part_mailhostile() { tests/mail/hostile.py; }
part_mailtalk() { tests/mail/conversation.py; }
part_mailpolicies() { tests/mail/policies.py; }
part_mailstorm() { tests/mail/storm.py; }
part_reliability() { tests/reliability/run.py; }
part_galera() { tests/reliability/galera.py; }
part_clock() { tests/reliability/clock.py; }
part_disk() { tests/reliability/disk.py; }
part_fuzz() { tests/fuzz/run.sh; }
part_operations() { tests/dialogues/untouched.py; }

# Floors below the database, whose tests need not run on three of them.
is_low() { case " base text xml crypto mime generate apps " in *" $1 "*) ;; *) return 1 ;; esac; }
is_high() { ! is_low "$1"; }
unit_programs() {
    for program in build/check/unit/*; do
        [ -f "$program" ] && [ -x "$program" ] && "$1" "$(basename "$program")" && echo "$program"
    done
}

case "$#" in
0) echo "$parts" ;;
*) "part_$1" ;;
esac
