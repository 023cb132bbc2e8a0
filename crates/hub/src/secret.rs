//! Passwords, recovery codes and tokens.
//!
//! argon2id with 19 MiB and 2 passes on a pool of its own, so that a storm of sign-ins cannot starve the hub. The pool keeps
//! its memory: handed back to the allocator after each use it would stay, piece by piece, with every thread that ever hashed.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use rand::Rng as _;
use sansio::rng::Rng;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::error::{Error, Kind};

/// Shortest password, in code points.
pub const MIN_PASSWORD: usize = 8;
/// Longest password, in bytes.
pub const MAX_PASSWORD: usize = 512;

/// Letters of recovery codes: no 0, O, 1, I.
const CODE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// What one argon2id hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PasswordCost {
    /// 19 MiB and two passes: what OWASP's password storage sheet asks for at least.
    #[default]
    Usual,
    /// 8 KiB and one pass. Whoever gets the hashes can guess: for tests that make many people.
    Least,
}

impl PasswordCost {
    fn params(self) -> Params {
        let (memory, passes) = match self {
            Self::Usual => (19 * 1024, 2),
            Self::Least => (Params::MIN_M_COST, Params::MIN_T_COST),
        };
        Params::new(memory, passes, 1, None).expect("constants within argon2's bounds")
    }

    /// A valid hash of nothing that anybody knows, which costs as much as another.
    fn decoy(self) -> String {
        let params = self.params();
        format!(
            "$argon2id$v=19$m={},t={},p=1$c2tlaW4tZGVjb3ktc2FsdA$wzH1WmYJ1GDKZLkVuJkkDGIvmJoEnlmD5Xk2gJGW1dM",
            params.m_cost(),
            params.t_cost()
        )
    }
}

/// Hashes and verifies on a bounded pool; who does not get in within the queue is asked to come back.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    /// Places in all: of those who hash and of those who wait.
    places: usize,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    memory: Arc<Memory>,
    cost: PasswordCost,
}

impl Pool {
    pub(crate) fn new(threads: usize, queue: usize, cost: PasswordCost) -> Self {
        Self {
            cost,
            places: threads + queue,
            running: Arc::new(Semaphore::new(threads)),
            waiting: Arc::new(Semaphore::new(threads + queue)),
            memory: Arc::default(),
        }
    }

    /// How many hash or wait.
    pub(crate) fn waiting(&self) -> usize {
        self.places.saturating_sub(self.waiting.available_permits())
    }

    pub(crate) async fn hash(&self, secret: String) -> Result<String, Error> {
        let cost = self.cost;
        self.run(move |blocks| {
            hash(cost, secret.as_bytes(), blocks)
                .map(|hash| hash.to_string())
                .map_err(|error| {
                    tracing::error!(%error, "a password could not be hashed");
                    Error::unavailable("the password could not be stored: try again")
                })
        })
        .await?
    }

    /// Whether `secret` is what `hash` was made of. `None` spends the same time and says no, so that a name that does
    /// not exist takes as long as one that does.
    pub(crate) async fn verify(&self, secret: String, hash: Option<String>) -> Result<bool, Error> {
        let cost = self.cost;
        self.run(move |blocks| {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| cost.decoy());
            PasswordHash::new(&hash)
                .is_ok_and(|hash| made_of(&hash, secret.as_bytes(), blocks) && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || {
            let mut error = Error::unavailable(
                "too many people sign in at this moment: try again in a few seconds",
            );
            error.retry_after = Some(std::time::Duration::from_secs(3));
            error
        };
        let _place = self
            .waiting
            .clone()
            .try_acquire_owned()
            .map_err(|_| busy())?;
        let permit = self
            .running
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| busy())?;
        let (memory, cost) = (self.memory.clone(), self.cost);
        tokio::task::spawn_blocking(move || {
            let mut blocks = memory.take(cost);
            let done = work(&mut blocks);
            // Before the next one may run, so that it finds them.
            memory.give_back(blocks);
            drop(permit);
            done
        })
        .await
        .map_err(|_| busy())
    }
}

/// What argon2 fills, kept from one use to the next: never more pieces than hash at the same time.
#[derive(Default)]
struct Memory {
    spare: Mutex<Vec<Vec<Block>>>,
    #[cfg(test)]
    made: std::sync::atomic::AtomicUsize,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl Memory {
    /// Blocks with whatever the one before left in them; argon2 writes each before it reads it.
    fn take(&self, cost: PasswordCost) -> Vec<Block> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.pop().unwrap_or_else(|| {
            #[cfg(test)]
            self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            vec![Block::new(); cost.params().block_count()]
        })
    }

    fn give_back(&self, blocks: Vec<Block>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.push(blocks);
    }
}

/// A new hash with a salt of its own.
fn hash(
    cost: PasswordCost,
    secret: &[u8],
    blocks: &mut Vec<Block>,
) -> Result<PasswordHash, argon2::password_hash::Error> {
    let (params, salt) = (cost.params(), Salt::generate());
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    fill(params.clone(), secret, &salt, &mut out, blocks)?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(salt),
        hash: Some(Output::new(&out)?),
    })
}

/// Whether `hash` was made of `secret`, by the cost that stands in the hash.
fn made_of(hash: &PasswordHash, secret: &[u8], blocks: &mut Vec<Block>) -> bool {
    let (Some(salt), Some(expected), Ok(params)) = (&hash.salt, &hash.hash, Params::try_from(hash))
    else {
        return false;
    };
    let same_kind = hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into());
    let mut out = [0; Output::MAX_LENGTH];
    let out = &mut out[..expected.len()];
    // Outputs are compared in constant time.
    same_kind
        && fill(params, secret, salt, out, blocks).is_ok()
        && Output::new(out).is_ok_and(|found| found == *expected)
}

fn fill(
    params: Params,
    secret: &[u8],
    salt: &[u8],
    out: &mut [u8],
    blocks: &mut Vec<Block>,
) -> Result<(), argon2::Error> {
    // A hash that an earlier version made may have cost more than today's.
    if blocks.len() < params.block_count() {
        blocks.resize(params.block_count(), Block::new());
    }
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(secret, salt, out, blocks)
}

/// Refuses passwords that are too short, or in the lists of known ones; never demands symbols.
pub(crate) fn judge_password(password: &str, name: &str, display: &str) -> Result<(), Error> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(Error::invalid(
            "password_short",
            format!("a password has at least {MIN_PASSWORD} characters"),
        )
        .with_limit(MIN_PASSWORD as u64));
    }
    if password.len() > MAX_PASSWORD {
        return Err(Error::invalid(
            "password_long",
            format!("a password has at most {MAX_PASSWORD} bytes"),
        )
        .with_limit(MAX_PASSWORD as u64));
    }
    // zxcvbn reads at most 100 characters; longer ones are fine by their length.
    let head: String = password.chars().take(100).collect();
    if u8::from(zxcvbn::zxcvbn(&head, &[name, display, "skein"]).score()) < 2 {
        return Err(Error::new(
            Kind::Invalid,
            "password_weak",
            "easy to guess: it is in lists of known passwords, or close to your name; try a sentence",
        ));
    }
    Ok(())
}

/// A token of 256 random bits and the hash under which it is kept.
pub(crate) fn new_token(rng: &mut Rng) -> (String, [u8; 32]) {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let hash = token_hash(&token);
    (token, hash)
}

/// The hash under which the token of a link is kept, and by which it is ended.
#[must_use]
pub fn link_hash(token: &str) -> [u8; 32] {
    token_hash(token)
}

/// The hash under which a token is kept.
pub(crate) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A recovery code: eight groups of four, 160 bits.
pub(crate) fn new_code(rng: &mut Rng) -> String {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    let letters: Vec<u8> = bytes
        .iter()
        .map(|b| CODE_ALPHABET[usize::from(b & 31)])
        .collect();
    letters
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The code of an invitation: four groups of four, 80 bits, short enough to be read out; tries are counted.
pub(crate) fn new_invite(rng: &mut Rng) -> (String, [u8; 32]) {
    let code = new_code(rng);
    let code: String = code.chars().take(19).collect::<String>().replace(' ', "-");
    let hash = invite_hash(&code);
    (code, hash)
}

/// The name of a guest: `guest-` and ten letters and digits, 50 bits; nobody else can register such a name.
pub(crate) fn new_guest(rng: &mut Rng) -> String {
    let code = plain_code(&new_code(rng)).to_ascii_lowercase();
    format!("guest-{}", &code[..10])
}

/// The hash under which an invitation is kept, however its code is typed.
pub(crate) fn invite_hash(code: &str) -> [u8; 32] {
    token_hash(&plain_code(code))
}

/// A code as it is hashed: capitals without spaces and dashes.
pub(crate) fn plain_code(code: &str) -> String {
    code.chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(64)
        .collect::<String>()
        .to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        for (password, code) in [
            ("short", "password_short"),
            ("password", "password_weak"),
            ("12345678", "password_weak"),
        ] {
            assert_eq!(
                judge_password(password, "ana", "Ana")
                    .expect_err("weak")
                    .code,
                code,
                "{password}"
            );
        }
        judge_password("eight geese over the lake", "ana", "Ana").expect("a sentence is fine");
    }

    #[test]
    fn who_does_not_exist_costs_as_much_as_who_does() {
        for (cost, said) in [
            (PasswordCost::Usual, "$argon2id$v=19$m=19456,t=2,p=1$"),
            (PasswordCost::Least, "$argon2id$v=19$m=8,t=1,p=1$"),
        ] {
            let decoy = cost.decoy();
            let known =
                PasswordHash::new(&decoy).expect("else nothing is computed, and time tells");
            assert!(known.hash.is_some_and(|hash| hash.as_bytes().len() == 32));
            let real = hash(cost, b"x", &mut Vec::new()).expect("hashed");
            assert!(decoy.starts_with(said), "{decoy}");
            assert!(real.to_string().starts_with(said), "{real}");
        }
    }

    #[test]
    fn a_recovery_code_can_be_typed_in_any_way() {
        let code = new_code(&mut sansio::rng::seeded(1));
        assert_eq!(code.len(), 39);
        assert_eq!(
            plain_code(&code.to_lowercase().replace(' ', "-")),
            plain_code(&code)
        );
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other() {
        let pool = Pool::new(1, 8, PasswordCost::Usual);
        let hash = pool.hash("eight geese".into()).await.expect("hashed");
        assert!(
            pool.verify("eight geese".into(), Some(hash.clone()))
                .await
                .expect("verified")
        );
        assert!(
            !pool
                .verify("nine geese".into(), Some(hash))
                .await
                .expect("verified")
        );
        assert!(
            !pool
                .verify("eight geese".into(), None)
                .await
                .expect("verified")
        );
    }

    #[tokio::test]
    async fn a_storm_of_sign_ins_uses_the_memory_of_those_who_hash_at_once() {
        let pool = Pool::new(2, 8, PasswordCost::Usual);
        let hash = hash(PasswordCost::Usual, b"eight geese", &mut Vec::new()).expect("hashed");
        let storm = (0..12).map(|_| pool.verify("eight geese".into(), Some(hash.to_string())));
        let outcomes = futures_util::future::join_all(storm).await;
        let (known, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert!(
            known
                .into_iter()
                .all(|known| known.is_ok_and(|known| known))
        );
        assert_eq!(
            refused.len(),
            2,
            "ten places; who finds none is asked to come back"
        );
        for error in refused {
            assert!(error.expect_err("refused").retry_after.is_some());
        }
        let made = pool.memory.made.load(std::sync::atomic::Ordering::Relaxed);
        assert!((1..=2).contains(&made), "{made} pieces for two at once");
        let kept = pool.memory.take(PasswordCost::Usual);
        assert_eq!(kept.len(), PasswordCost::Usual.params().block_count());
    }

    #[test]
    fn other_programs_agree_on_a_hash_and_so_do_earlier_and_dearer_ones() {
        use argon2::password_hash::PasswordVerifier as _;

        let mut blocks = Vec::new();
        let ours = hash(PasswordCost::Usual, b"eight geese", &mut blocks).expect("hashed");
        let theirs = Argon2::default();
        assert!(theirs.verify_password(b"eight geese", &ours).is_ok());
        assert!(theirs.verify_password(b"nine geese", &ours).is_err());
        let dearer = Params::new(20 * 1024, 1, 1, None).expect("params");
        let dearer = Argon2::new(Algorithm::Argon2id, Version::V0x13, dearer);
        let earlier = argon2::password_hash::PasswordHasher::hash_password(&dearer, b"eight geese");
        let earlier = earlier.expect("hashed");
        assert!(made_of(&earlier, b"eight geese", &mut blocks));
        assert!(!made_of(&earlier, b"nine geese", &mut blocks));
    }
}
