#!/bin/sh
# Speech over one leg with 5 % seeded loss, in virtual time: every seed has to reach the bar.
# Needs espeak-ng, and a Python with pesq, pystoi, numpy, scipy, soundfile ($PYTHON, default python3).
# Prints one line a seed; exits 1 when one is below $BAR.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
loss=${LOSS:-0.05}
bar=${BAR:-2.5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

espeak-ng -v en-gb -s 150 -w "$work/speech.wav" "The birch canoe slid on the smooth planks. \
Glue the sheet to the dark blue background. It is easy to tell the depth of a well. \
These days a chicken leg is a rare dish. Rice is often served in round bowls."
cargo build --quiet --package media --example lossy

failed=0
for seed in ${SEEDS:-1 2 3 4 5}; do
    cargo run --quiet --package media --example lossy -- \
        "$work/speech.wav" "$work/heard.wav" "$loss" "$seed" 2>"$work/figures"
    if result=$("$python" ci/speech/judge.py "$work/speech.wav" "$work/heard.wav" --bar "$bar"); then
        verdict=ok
    else
        verdict=BELOW
        failed=1
    fi
    echo "seed $seed: $result ($(cat "$work/figures")) $verdict"
done
exit $failed
