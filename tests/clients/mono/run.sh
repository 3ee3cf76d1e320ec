#!/bin/sh
# Mono as its users have it: wsdl writes C# proxies, mcs compiles them.
# Needs: wsdl mcs mono
here=$(cd "$(dirname "$0")" && pwd)
cd "$5" || exit 1
(
    for service in Session Account Contact Batch; do
        wsdl -nologo -n:Crm.$service -out:$service.cs "$1/soap/$service?wsdl" || exit 1
    done
    mcs -nologo -nowarn:0067,0169 -r:System.Web.Services -out:story.exe \
        "$here/Story.cs" Session.cs Account.cs Contact.cs Batch.cs
) >build.log 2>&1 || { tail -n 20 build.log >&2; exit 1; }
LC_ALL=C.UTF-8 exec mono story.exe "$1" "$2" "$3" "$4"
