//! Sound of a call from and into files.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use media::pcm::{FRAME_TIME, Frame, SILENCE};
use media::wav::{WavError, WavReader, WavWriter};

use crate::error::Error;

/// The longest silence written before the first sound: nobody waits longer for a connection.
const MAX_PADDING: Duration = Duration::from_secs(60);

/// What is said, and where what is heard goes.
#[derive(Debug)]
pub(super) struct Sound {
    input: Option<(PathBuf, WavReader<BufReader<File>>)>,
    output: Option<(PathBuf, WavWriter<BufWriter<File>>)>,
    speaking: bool,
    has_input: bool,
    one_sided: bool,
}

impl Sound {
    /// Open the files, so that what is wrong with them is said before anybody is called.
    pub(super) fn open(input: Option<&Path>, output: Option<&Path>) -> Result<Self, Error> {
        let input = match input {
            None => None,
            Some(path) => {
                let file = File::open(path).map_err(|error| refuse(path, &error))?;
                let reader =
                    WavReader::new(BufReader::new(file)).map_err(|error| refuse(path, &error))?;
                Some((path.to_owned(), reader))
            }
        };
        let output = match output {
            None => None,
            Some(path) => {
                let file = File::create(path).map_err(|error| refuse(path, &error))?;
                let writer =
                    WavWriter::new(BufWriter::new(file)).map_err(|error| refuse(path, &error))?;
                Some((path.to_owned(), writer))
            }
        };
        let has_input = input.is_some();
        Ok(Self {
            input,
            output,
            speaking: false,
            has_input,
            one_sided: false,
        })
    }

    /// Begin to speak, once.
    pub(super) fn speak(&mut self) {
        self.speaking = true;
    }

    /// Whether there was something to say, and all of it has been taken.
    pub(super) fn is_spoken(&self) -> bool {
        self.has_input && self.speaking && self.input.is_none()
    }

    /// Whether one of two channels was dead in what was said so far.
    pub(super) fn is_one_sided(&self) -> bool {
        self.one_sided
    }

    /// The next 20 ms to say; `None` when there is nothing.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, Error> {
        if !self.speaking {
            return Ok(None);
        }
        let Some((path, reader)) = &mut self.input else {
            return Ok(None);
        };
        let next = reader.next_frame();
        self.one_sided = reader.is_one_sided();
        match next {
            Ok(Some((frame, _))) => Ok(Some(frame)),
            Ok(None) => {
                self.input = None;
                Ok(None)
            }
            Err(error) => Err(refuse(path, &error)),
        }
    }

    /// Nothing could be heard for so long.
    pub(super) fn heard_nothing(&mut self, time: Duration) -> Result<(), Error> {
        let frames = time.min(MAX_PADDING).as_micros() / FRAME_TIME.as_micros();
        for _ in 0..frames {
            self.heard(&SILENCE)?;
        }
        Ok(())
    }

    /// These 20 ms were heard.
    pub(super) fn heard(&mut self, frame: &Frame) -> Result<(), Error> {
        match &mut self.output {
            Some((path, writer)) => writer.write(frame).map_err(|error| refuse(path, &error)),
            None => Ok(()),
        }
    }

    /// The call is over.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        match self.output.take() {
            Some((path, writer)) => writer
                .finish()
                .map_err(|error: WavError| refuse(&path, &error)),
            None => Ok(()),
        }
    }
}

fn refuse(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use media::pcm::FRAME_SAMPLES;

    use super::*;

    #[test]
    fn a_file_is_spoken_from_the_beginning_once_it_is_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("in.wav");
        let mut writing = Sound::open(None, Some(&path)).expect("opened");
        writing
            .heard_nothing(Duration::from_millis(59))
            .expect("written");
        writing.heard(&[0.5; FRAME_SAMPLES]).expect("written");
        writing.finish().expect("finished");

        let mut sound = Sound::open(Some(&path), None).expect("opened");
        assert_eq!(sound.next().expect("read"), None);
        assert!(!sound.is_spoken());
        sound.speak();
        let mut frames = Vec::new();
        while let Some(frame) = sound.next().expect("read") {
            frames.push(frame);
        }
        assert_eq!(frames.len(), 3, "59 ms are two whole frames");
        assert!((frames[2][7] - 0.5).abs() < 0.001 && frames[0][7] == 0.0);
        assert!(sound.is_spoken());
    }

    #[test]
    fn without_a_file_nothing_is_said_and_nothing_ends() {
        let mut sound = Sound::open(None, None).expect("nothing to open");
        sound.speak();
        assert_eq!(sound.next().expect("nothing"), None);
        assert!(!sound.is_spoken());
    }

    #[test]
    fn what_is_wrong_with_a_file_names_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("text.wav");
        std::fs::write(&path, "no sound").expect("written");
        for wrong in [path.as_path(), &folder.path().join("missing.wav")] {
            let error = Sound::open(Some(wrong), None)
                .expect_err("refused")
                .to_string();
            assert!(error.contains(&wrong.display().to_string()), "{error}");
        }
    }
}
