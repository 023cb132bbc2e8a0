//! Packs a WAV file as Opus packets: how the greetings in `assets/` are made. `pack IN.wav OUT.skop`

use std::error::Error;
use std::{env, fs};

use media::echo;
use media::opus::Encoder;
use media::wav::WavReader;

fn main() -> Result<(), Box<dyn Error>> {
    let [_, input, output] = &env::args().collect::<Vec<_>>()[..] else {
        return Err("usage: pack IN.wav OUT.skop".into());
    };
    let mut wav = WavReader::new(std::io::BufReader::new(fs::File::open(input)?))?;
    let mut encoder = Encoder::new()?;
    let mut packets = Vec::new();
    while let Some((frame, _)) = wav.next_frame()? {
        packets.push(encoder.encode(&frame)?);
    }
    fs::write(output, echo::encode(&packets)?)?;
    println!("{output}: {} ms", packets.len() * 20);
    Ok(())
}
