#!/bin/sh
# Writes the main program of a unit test: every function named test_* in the given files.
names=$(cat "$@" | sed -n 's/^void \(test_[a-z0-9_]*\)(void \*\*state)$/\1/p')
printf '/* made by %s */\n' "$0"
printf '#include <setjmp.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n'
printf '#include <stdio.h>\n#include <string.h>\n#include <cmocka.h>\n\n'
for name in $names; do printf 'void %s(void **state);\n' "$name"; done
printf '\nstatic const struct CMUnitTest tests[] = {\n'
for name in $names; do printf '    cmocka_unit_test(%s),\n' "$name"; done
cat <<'C'
};

/* Without an argument lists the tests; with one runs that test. */
int main(int argc, char **argv)
{
    if (argc < 2) {
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
            printf("%s\n", tests[i].name);
        }
        return 0;
    }
    cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
C
