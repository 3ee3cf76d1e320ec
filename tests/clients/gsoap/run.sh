#!/bin/sh
# gSOAP as its users have it: wsdl2h and soapcpp2 write C from the WSDLs, gcc compiles it.
# Needs: wsdl2h soapcpp2 gcc
here=$(cd "$(dirname "$0")" && pwd)
cd "$5" || exit 1
(
    wsdl2h -c -t "$here/typemap.dat" -o crm.h "$1/soap/Session?wsdl" "$1/soap/Account?wsdl" \
        "$1/soap/Contact?wsdl" "$1/soap/Batch?wsdl" &&
        soapcpp2 -c -C -L -x -w crm.h &&
        gcc -std=c11 -D_GNU_SOURCE -w $(pkg-config --cflags gsoap) -I. "$here/story.c" soapC.c \
            soapClient.c $(pkg-config --libs gsoap) -o story
) >build.log 2>&1 || { tail -n 20 build.log >&2; exit 1; }
exec ./story "$1" "$2" "$3" "$4"
