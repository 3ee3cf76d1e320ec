#!/bin/sh
# PHP's SoapClient reads the WSDL when it starts; nothing is generated.
# Needs: php
exec php -d soap.wsdl_cache_enabled=0 "$(dirname "$0")/story.php" "$1" "$2" "$3" "$4"
