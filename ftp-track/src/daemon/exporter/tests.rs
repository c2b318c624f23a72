use std::{net::SocketAddr, os::unix::fs::PermissionsExt as _};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\n\r\n";

fn tcp(address: SocketAddr) -> MetricsAddress {
    MetricsAddress::Tcp(address)
}

/// A free port of the loopback interface, whose listener is dropped only now.
async fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

async fn read(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

/// Answers scrapes as the main loop does, while `clients` talk.
async fn during<T>(exporter: Exporter, clients: impl Future<Output = T>) -> T {
    let mut exporter = Some(exporter);
    let main_loop = async {
        loop {
            let scrape = Exporter::next(&mut exporter).await;
            _ = scrape.send(Ok("metric 1\n".into()));
        }
    };
    tokio::select! {
        result = clients => result,
        () = main_loop => unreachable!("it has no end"),
    }
}

#[tokio::test]
async fn a_socket_is_private_and_goes_with_the_exporter() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("metrics");
    let address = MetricsAddress::Unix(path.clone());
    let exporter = Exporter::open(&address).await.unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = Exporter::open(&address).await.err().unwrap();
    assert_eq!(again.kind(), io::ErrorKind::AddrInUse);
    let text = during(exporter, async {
        read(tokio::net::UnixStream::connect(&path).await.unwrap()).await
    });
    let text = text.await;
    assert!(text.ends_with("\r\n\r\nmetric 1\n"), "{text}");
    assert!(!path.exists());
}

#[tokio::test]
async fn what_lies_at_the_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("metrics");
    fs::write(&path, "precious").unwrap();
    let address = MetricsAddress::Unix(path.clone());
    let refused = Exporter::open(&address).await.err().unwrap();
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    // What a killed daemon leaves is nobody's.
    fs::remove_file(&path).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    assert!(Exporter::open(&address).await.is_ok());
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp(taken.local_addr().unwrap());
    let refused = Exporter::open(&address).await.err().unwrap();
    assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
}

/// Those who say nothing keep the others waiting, at most for their patience; never the main loop.
#[tokio::test]
async fn silent_clients_are_given_up() {
    let address = free().await;
    let patience = Duration::from_secs(1);
    let exporter = Exporter::start(&tcp(address), patience).await.unwrap();
    let clients = async {
        let mut silent = Vec::new();
        for _ in 0..2 * CLIENTS {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let text = read(TcpStream::connect(address).await.unwrap()).await;
        // Each was closed without a word.
        for mut stream in silent {
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "");
        }
        text
    };
    let text = during(exporter, clients).await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
}

#[tokio::test]
async fn a_dropped_exporter_closes_its_port() {
    let address = free().await;
    let exporter = Exporter::open(&tcp(address)).await.unwrap();
    drop(exporter);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(address).await.is_err());
    assert!(Exporter::open(&tcp(address)).await.is_ok());
}

/// One of ours that is in the way of its successor makes way for it, and is there again if that fails.
#[tokio::test]
async fn its_own_port_is_no_obstacle() {
    let before = free().await;
    let mut exporter = Exporter::at(Some(&tcp(before))).await.unwrap();
    let all = tcp(SocketAddr::new("0.0.0.0".parse().unwrap(), before.port()));
    let former = Exporter::relocate(&mut exporter, Some(&all))
        .await
        .ok()
        .unwrap();
    assert_eq!(exporter.as_ref().map(Exporter::address), Some(&all));
    former.restore(&mut exporter).await;
    assert_eq!(exporter.as_ref().map(Exporter::address), Some(&tcp(before)));

    // Somebody else's, at the same port of an address of its own.
    let other = SocketAddr::new("127.0.0.2".parse().unwrap(), before.port());
    let _taken = TcpListener::bind(other).await.unwrap();
    for address in [&all, &tcp(other)] {
        let refused = Exporter::relocate(&mut exporter, Some(address)).await;
        let error = refused.err().unwrap().to_string();
        assert!(error.contains("Stop what is there"), "{error}");
        assert_eq!(exporter.as_ref().map(Exporter::address), Some(&tcp(before)));
    }
    let text = during(exporter.unwrap(), async {
        read(TcpStream::connect(before).await.unwrap()).await
    });
    assert!(text.await.ends_with("metric 1\n"));
}

#[tokio::test]
async fn what_to_do_depends_on_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing/metrics");
    for (address, wanted) in [
        // Of a documentation prefix (RFC 5737).
        (
            tcp("203.0.113.5:9421".parse().unwrap()),
            "that this machine has",
        ),
        (MetricsAddress::Unix(missing), "Make the directory"),
    ] {
        let error = Exporter::at(Some(&address))
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(wanted), "{error}");
        assert!(!error.contains("Stop what is there"), "{error}");
    }
}
