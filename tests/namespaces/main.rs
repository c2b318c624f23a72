//! Real FTP servers and clients through a gateway in network namespaces. Needs root.

mod bad_link;
mod bypass;
mod cleanup;
mod coexistence;
mod conntrack;
mod dialogue;
mod enforce;
mod events;
mod explaining;
mod firewalls;
mod forwarding;
mod iptables;
mod jumbo;
mod lab;
mod link;
mod listing;
mod mark;
mod metrics;
mod migration;
mod observe;
mod own;
mod refusal;
mod reload;
mod restart;
mod service;
mod steering;
