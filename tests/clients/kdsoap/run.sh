#!/bin/sh
# KDSoap as its users have it: kdwsdl2cpp writes C++, g++ and Qt's moc make a program of it.
# Needs: kdwsdl2cpp g++ /usr/include/KDSoapClient/KDSoapValue.h /usr/lib/qt5/bin/moc
here=$(cd "$(dirname "$0")" && pwd)
cd "$5" || exit 1
(
    for service in Session Account Contact Batch; do
        kdwsdl2cpp -namespace $service -o $service.h "$1/soap/$service?wsdl" &&
            kdwsdl2cpp -impl $service.h -namespace $service -o $service.cpp "$1/soap/$service?wsdl" &&
            /usr/lib/qt5/bin/moc $service.h -o moc_$service.cpp || exit 1
    done
    flags=$(pkg-config --cflags Qt5Network Qt5Xml Qt5Core)
    for source in "$here/story.cpp" Session.cpp Account.cpp Contact.cpp Batch.cpp moc_*.cpp; do
        g++ -std=c++17 -O0 -fPIC -w $flags -I/usr/include/KDSoapClient -I. -c "$source" \
            -o "$(basename "$source" .cpp).o" || exit 1
    done
    g++ ./*.o -lkdsoap $(pkg-config --libs Qt5Network Qt5Xml Qt5Core) -o story
) >build.log 2>&1 || { tail -n 20 build.log >&2; exit 1; }
LC_ALL=C.UTF-8 exec ./story "$1" "$2" "$3" "$4"
