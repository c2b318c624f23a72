//! Lines, numbers and addresses, one row for each case.

mod address;
mod command;
mod eprt;
mod extended_port;
mod number;
mod passive;
mod port;
mod reply;
mod telnet;
mod verb;
