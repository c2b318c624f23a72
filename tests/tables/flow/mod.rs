//! Data connections: who may use an expectation, how often, and how a flow ends (rules 15 and 17).

mod expiry;
mod forged;
mod life;
mod one_shot;
mod refused;
mod revoked;
