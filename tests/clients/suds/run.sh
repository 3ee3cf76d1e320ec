#!/bin/sh
# suds builds its proxy from the WSDL when it starts; nothing is generated.
# Needs: /usr/lib/python3/dist-packages/suds
exec /usr/bin/python3 "$(dirname "$0")/story.py" "$1" "$2" "$3" "$4"
