//! Audio and video frames, in and out of the engine.

use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{
    Frequency, KeyframeRequestKind, MediaAdded, MediaData, MediaKind, MediaTime, Mid,
};
use str0m::{Event, IceConnectionState};

use super::engine::Session;
use super::phases::Phase;
use super::{AudioFrame, Output, State, VideoCodec, VideoFrame};
use crate::jitter;
use crate::levels::SILENCE_DBFS;

/// Requests for a complete picture closer together than this are one.
const KEYFRAME_PAUSE: Duration = Duration::from_millis(500);

/// The media sections of a session: one for audio, one for video, whatever else is offered.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    audio: Option<Mid>,
    video: Option<Mid>,
    keyframe_asked: Option<Instant>,
}

impl Tracks {
    /// What we offered; the engine announces only what the far side adds.
    pub(super) fn offered(&mut self, audio: Option<Mid>, video: Option<Mid>) {
        self.audio = self.audio.or(audio);
        self.video = self.video.or(video);
    }

    /// Whether there is a section for audio, and one for video.
    pub(super) fn present(&self) -> (bool, bool) {
        (self.audio.is_some(), self.video.is_some())
    }

    /// The section whose candidates serve all (BUNDLE).
    pub(super) fn first_mid(&self) -> Option<String> {
        self.audio.or(self.video).map(|mid| mid.to_string())
    }
}

impl Session {
    /// Whether both sides agreed on video.
    #[must_use]
    pub fn has_video(&self) -> bool {
        self.tracks.video.is_some_and(|mid| {
            self.rtc
                .media(mid)
                .is_some_and(|m| !m.disabled() && !m.stopped())
        })
    }

    pub(super) fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.phases.mark(Phase::Nominated, self.now);
                self.phases.mark(Phase::Dtls, self.now);
                self.enter(State::Connected);
            }
            Event::IceConnectionStateChange(state) => self.on_ice(state),
            Event::MediaAdded(added) => self.on_media(&added),
            Event::MediaData(data) => self.on_data(data),
            Event::KeyframeRequest(_) => self.emit(Output::KeyframeRequested),
            Event::PeerStats(stats) => {
                self.network.bytes = (stats.peer_bytes_tx, stats.peer_bytes_rx);
                let ice = stats
                    .selected_candidate_pair
                    .and_then(|pair| pair.current_round_trip_time);
                if let Some(rtt) = stats.rtt.or(ice) {
                    self.network.rtt = Some(rtt);
                }
            }
            Event::MediaEgressStats(stats) if Some(stats.mid) == self.tracks.audio => {
                self.network.rtt = stats.rtt.or(self.network.rtt);
                self.network.far_loss = stats.loss.or(self.network.far_loss);
                if let Some(remote) = stats.remote {
                    self.network.far_lost = Some(remote.packets_lost);
                    self.network.far_jitter = Some(crate::pcm::time_of(u64::from(remote.jitter)));
                }
            }
            Event::Closed => self.say_goodbye(),
            // What else the engine tells is of no use here: data channels are never offered, bandwidth is the
            // sender's affair.
            _ => {}
        }
    }

    fn on_ice(&mut self, state: IceConnectionState) {
        match state {
            IceConnectionState::Connected | IceConnectionState::Completed => {
                self.phases.mark(Phase::Nominated, self.now);
                if self.state() == State::Disconnected && self.rtc.is_connected() {
                    self.enter(State::Connected);
                }
            }
            IceConnectionState::Disconnected if self.state() == State::Connected => {
                self.enter(State::Disconnected)
            }
            IceConnectionState::Disconnected
            | IceConnectionState::New
            | IceConnectionState::Checking => {}
        }
    }

    fn on_media(&mut self, added: &MediaAdded) {
        let track = match added.kind {
            MediaKind::Audio => &mut self.tracks.audio,
            MediaKind::Video => &mut self.tracks.video,
        };
        track.get_or_insert(added.mid);
    }

    fn on_data(&mut self, data: MediaData) {
        if Some(data.mid) == self.tracks.audio && data.params.spec().codec == Codec::Opus {
            self.phases.mark(Phase::FirstAudioReceived, self.now);
            let ssrc = self
                .rtc
                .direct_api()
                .stream_rx_by_mid(data.mid, data.rid)
                .map_or(0, |s| *s.ssrc());
            self.emit(Output::Audio(jitter::Packet {
                ssrc,
                // The engine counts on without end; the low bits are those of the wire.
                sequence: **data.seq_range.start() as u16,
                timestamp: data.time.rebase(Frequency::FORTY_EIGHT_KHZ).numer() as u32,
                payload: data.data,
            }));
        } else if Some(data.mid) == self.tracks.video {
            let Some(codec) = codec_of(data.params.spec().codec) else {
                return;
            };
            self.phases.mark(Phase::FirstVideoReceived, self.now);
            self.emit(Output::Video(VideoFrame {
                codec,
                time: data.time.rebase(Frequency::NINETY_KHZ).numer(),
                keyframe: data.is_keyframe(),
                contiguous: data.contiguous,
                format: Some(data.params),
                data: data.data,
            }));
        }
    }

    /// Before the connection stands, and when the far side wants no audio, nothing is sent.
    pub(super) fn send_audio(&mut self, frame: AudioFrame) {
        let (Some(mid), true) = (self.tracks.audio, self.rtc.is_connected()) else {
            return;
        };
        let Some(writer) = self.rtc.writer(mid) else {
            return;
        };
        let Some(pt) = writer
            .payload_params()
            .find(|p| p.spec().codec == Codec::Opus)
            .map(|p| p.pt())
        else {
            return;
        };
        // RFC 6464: 0 is the loudest, −127 the quietest.
        let level = frame.level_dbfs.clamp(-127.0, 0.0) as i8;
        let time = MediaTime::new(frame.time, Frequency::FORTY_EIGHT_KHZ);
        let writer = writer.audio_level(level, frame.level_dbfs > SILENCE_DBFS);
        match writer.write(pt, self.now, time, frame.payload) {
            Ok(()) => {
                // Counted here: the engine tells once a second, and a call may end in between.
                self.network.audio_sent += 1;
                self.phases.mark(Phase::FirstAudioSent, self.now);
            }
            Err(error) => tracing::debug!(%error, "audio not sent"),
        }
    }

    pub(super) fn send_video(&mut self, frame: &VideoFrame) {
        let (Some(mid), true) = (self.tracks.video, self.rtc.is_connected()) else {
            return;
        };
        let Some(writer) = self.rtc.writer(mid) else {
            return;
        };
        // Numbers of formats differ between directions and browsers: match by what they mean.
        let pt = match frame.format {
            Some(format) => writer.match_params(format),
            None => writer
                .payload_params()
                .find(|p| codec_of(p.spec().codec) == Some(frame.codec))
                .map(|p| p.pt()),
        };
        let Some(pt) = pt else { return };
        let time = MediaTime::from_90khz(frame.time);
        match writer.write(pt, self.now, time, frame.data.clone()) {
            Ok(()) => self.phases.mark(Phase::FirstVideoSent, self.now),
            Err(error) => tracing::debug!(%error, "video not sent"),
        }
    }

    pub(super) fn request_keyframe(&mut self) {
        if self
            .tracks
            .keyframe_asked
            .is_some_and(|asked| self.now < asked + KEYFRAME_PAUSE)
        {
            return;
        }
        let Some(mut writer) = self.tracks.video.and_then(|mid| self.rtc.writer(mid)) else {
            return;
        };
        let kind = match writer.is_request_keyframe_possible(KeyframeRequestKind::Pli) {
            true => KeyframeRequestKind::Pli,
            false => KeyframeRequestKind::Fir,
        };
        if writer.request_keyframe(None, kind).is_ok() {
            self.tracks.keyframe_asked = Some(self.now);
        }
    }
}

fn codec_of(codec: Codec) -> Option<VideoCodec> {
    Some(match codec {
        Codec::Vp8 => VideoCodec::Vp8,
        Codec::Vp9 => VideoCodec::Vp9,
        Codec::H264 => VideoCodec::H264,
        Codec::Av1 => VideoCodec::Av1,
        _ => return None,
    })
}
