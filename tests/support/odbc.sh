#!/bin/sh
# Prints a folder for ODBCSYSINI: the drivers of this system, but for their habit of writing logs.
#
# Debian's odbcinst.ini has CommLog=1; psqlODBC then leaves a psqlodbc_*.log of each process in
# /tmp, whatever a connection string says.
cd "$(dirname "$0")/../.." || exit 2
folder=$PWD/build/odbc
mkdir -p "$folder"
sed 's/^CommLog *=.*/CommLog=0/' "$(odbcinst -j | sed -n 's/^DRIVERS[ .]*: //p')" >"$folder/odbcinst.$$"
mv "$folder/odbcinst.$$" "$folder/odbcinst.ini"
echo "$folder"
