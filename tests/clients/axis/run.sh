#!/bin/sh
# Axis 1.4 as its users have it: WSDL2Java writes Java, javac compiles it.
# Needs: java javac /usr/share/java/axis.jar /usr/share/java/wsdl4j.jar
here=$(cd "$(dirname "$0")" && pwd)
cd "$5" || exit 1
jars=
for jar in axis jaxrpc saaj commons-discovery commons-logging wsdl4j; do
    jars=$jars/usr/share/java/$jar.jar:
done
(
    for service in Session Account Contact Batch; do
        package=crm.$(echo $service | tr A-Z a-z)
        java -cp "$jars" org.apache.axis.wsdl.WSDL2Java -p "$package" "$1/soap/$service?wsdl" || exit 1
    done
    javac -nowarn -encoding UTF-8 -cp "$jars:." -d . "$here/Story.java"
) >build.log 2>&1 || { tail -n 20 build.log >&2; exit 1; }
exec java -Dfile.encoding=UTF-8 -cp "$jars:." Story "$1" "$2" "$3" "$4"
