//! The gateway of the Skype-for-Web door, rule by rule (sections 3 to 6 and 8 of the dialect).

mod clients;
mod ends;
mod habits;
mod lab;
mod limits;
mod links;
mod messages;
mod pictures;
mod polls;
mod presence;
mod reading;
mod threads;
mod tokens;
