#!/bin/sh
# Makes the greetings of echo anew. Needs espeak-ng and sox; see README.md here.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A soft tone: 0.4 s of 660 Hz, faded in and out.
sox -n -r 48000 -c 1 "$work/tone.wav" synth 0.4 sine 660 fade h 0.08 0.4 0.2 gain -14

# greeting LANGUAGE VOICE WORDS
greeting() {
    espeak-ng -v "$2" -s 145 -p 42 -g 2 -w "$work/raw.wav" "$3"
    # Speech at a comfortable level, without hum below and hiss above, half a second before the tone.
    sox "$work/raw.wav" -r 48000 -c 1 "$work/speech.wav" highpass 90 lowpass 9000 \
        compand 0.02,0.15 6:-40,-28,-10,-12 -2 -90 0.02 norm -6 pad 0 0.5
    sox "$work/speech.wav" "$work/tone.wav" "$work/whole.wav"
    cargo run --quiet --package media --example pack -- "$work/whole.wav" "greeting-$1.skop"
}

greeting en en-gb "Hello, this is echo. After the tone, speak for ten seconds. Then you will hear what arrived here."
greeting pt-BR pt-br "Olá, aqui é o éco. Depois do sinal, fale por dez segundos. Em seguida, você ouve o que chegou aqui."
greeting pt-PT pt "Olá, aqui é o éco. Depois do sinal, fale durante dez segundos. A seguir, ouve o que chegou aqui."
