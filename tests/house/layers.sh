#!/bin/sh
# Checks that every include goes to its own floor or to the left. Two chains: the house, the apps.
# Also that each outside library is included on one floor only. One sentence a breach.
awk -v house="$1" -v apps="$2" '
function chain(list, order,    names, count, i) {
    count = split(list, names, " ")
    for (i = 1; i <= count; i++) order[names[i]] = i
}
function breach(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; bad = 1 }
BEGIN {
    chain(house, in_house); chain(apps, in_apps)
    door["libxml/"] = "xml"; door["xmlsec/"] = "xml"; door["openssl/"] = "crypto"; door["sodium.h"] = "crypto"
    door["sql.h"] = "database"; door["sqlext.h"] = "database"; door["unicode/"] = "text"
    door["stdsoap2.h"] = "soap"; door["csv.h"] = "apps"; door["ini.h"] = "base"; door["zlib.h"] = "server"
    door["ldap.h"] = "security"; door["lber.h"] = "security"; door["gssapi/"] = "security"
    door["libical/"] = "document"; door["gmime/"] = "mime"; door["libetpan/"] = "apps"
}
FNR == 1 { split(FILENAME, part, "/"); floor = part[2] }
/^#include "/ {
    split($2, quoted, "\""); split(quoted[2], path, "/"); target = path[1]
    if (target == "generated" || target == "crm" || floor == "generate") next
    if (!(target in in_house) && !(target in in_apps)) { breach("include \"" quoted[2] "\" names no floor."); next }
    if ((floor in in_house) && (target in in_house) && in_house[target] <= in_house[floor]) next
    if ((floor in in_apps) && (target in in_apps) && in_apps[target] <= in_apps[floor]) next
    breach("floor " floor " may not include \"" quoted[2] "\": " target " is not to its left.")
}
/^#include </ {
    header = $2; gsub(/[<>]/, "", header)
    for (library in door)
        if (index(header, library) == 1 && floor != door[library] && !(library == "stdsoap2.h" && floor == "client"))
            breach("<" header "> may be included on floor " door[library] " only.")
}
END { exit bad }
' $(find src -name '*.[ch]' -not -path '*/seed/*' | sort)
