#!/bin/sh
# slim.sh VENV: removes what no service uses, about half of all bytes: tests, headers, symbols, parts
# of packages that nothing imports, and the locales without a translation (LOCALES).
set -eu
LOCALES="en es"

cd "$1"/lib/python3*/site-packages
rm -rf cel_expr_python/ext Crypto/SelfTest numpy/f2py sqlalchemy/testing
rm -rf faststream/confluent faststream/mqtt faststream/nats faststream/rabbit faststream/redis
rm -f PIL/_avif.* pillow.libs/libavif-*
# Colours of source code in tracebacks.
find pygments/lexers -name '[!_]*' ! -name 'python.*' ! -name 'special.*' -type f -delete
rm -rf pyarrow/tests pyarrow/include pyarrow/src
# The wheel has some libraries three times, under the names of a link and its targets.
find pyarrow -maxdepth 1 \( -name '*flight*' -o -name '*_cpp_tests*' -o -name '*.so.*.0.0' \
    -o -name 'libarrow_python*.so' -o -name '_dataset*' -o -name '_parquet*' -o -name '_orc*' \
    -o -name '_substrait*' -o -name '_feather*' -o -name '_hdfs*' -o -name '_s3fs*' \
    -o -name '_gcsfs*' -o -name '_azurefs*' \) -delete
find numpy -type d -name tests -prune -exec rm -rf {} +
find . -type f \( -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.a' -o -name '*.px[di]' \
    -o -name '*.pyx' -o -name '*.pyi' \) -delete

kept="-name root.dat"
for locale in $LOCALES; do kept="$kept -o -name $locale.dat -o -name ${locale}_*.dat"; done
# shellcheck disable=SC2086  # one argument per word
find babel/locale-data -type f ! \( $kept \) -delete

# Libraries in *.libs were moved by their wheel's tool, which strip does not understand.
find . -type f -name '*.so*' ! -path './*.libs/*' -exec strip --strip-unneeded {} +
