//! Real FTP servers and clients through a gateway in network namespaces. Needs root.

mod forwarding;
