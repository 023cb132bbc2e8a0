#!/usr/bin/env python3
"""Speech quality of a recording against what was said: PESQ-WB (ITU-T P.862.2) and STOI.

    judge.py REFERENCE.wav DEGRADED.wav [--bar 2.5] [--stoi-bar 0.85] [--json]

The degraded recording may begin earlier or later and be longer: it is aligned by cross-correlation first. Exit status
0 when the bars are met, 1 when not, 2 when the files cannot be judged. Needs pesq, pystoi, numpy, scipy, soundfile.
"""
import argparse
import json
import math
import sys

import numpy
import soundfile
from pesq import pesq
from pystoi import stoi
from scipy.signal import correlate, resample_poly

RATE = 16_000


def load(path):
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    divisor = math.gcd(rate, RATE)
    return resample_poly(mono, RATE // divisor, rate // divisor)


def align(reference, degraded):
    """Cut `degraded` to where `reference` is in it."""
    correlation = correlate(degraded, reference, mode="full", method="fft")
    lag = int(numpy.argmax(correlation)) - (len(reference) - 1)
    if lag < 0:
        degraded = numpy.concatenate([numpy.zeros(-lag, numpy.float32), degraded])
        lag = 0
    cut = degraded[lag:lag + len(reference)]
    return numpy.pad(cut, (0, len(reference) - len(cut))), lag


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reference")
    parser.add_argument("degraded")
    parser.add_argument("--bar", type=float, default=0.0, help="least PESQ-WB")
    parser.add_argument("--stoi-bar", type=float, default=0.0, help="least STOI")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    reference = load(arguments.reference)
    degraded = load(arguments.degraded)
    if len(reference) < RATE or len(degraded) < RATE or not degraded.any():
        print("less than a second of sound, or silence", file=sys.stderr)
        return 2
    degraded, lag = align(reference, degraded)
    quality = float(pesq(RATE, reference, degraded, "wb"))
    clearness = float(stoi(reference, degraded, RATE, extended=False))
    if arguments.json:
        print(json.dumps({"pesq": round(quality, 3), "stoi": round(clearness, 4), "lag_ms": lag * 1000 / RATE}))
    else:
        print(f"PESQ-WB {quality:.2f}  STOI {clearness:.3f}  begins at {lag * 1000 / RATE:.0f} ms")
    return 0 if quality >= arguments.bar and clearness >= arguments.stoi_bar else 1


if __name__ == "__main__":
    sys.exit(main())
