//! What interfaces can do for XDP, asked from the kernel's `netdev` family
//! (Documentation/netlink/specs/netdev.yaml; Linux 6.3 and newer).

use futures_util::StreamExt as _;
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NlasIterator, ParseableParametrized,
};
use netlink_packet_generic::{GenlFamily, GenlHeader, GenlMessage};

/// `NETDEV_CMD_DEV_GET`.
const DEVICE_GET: u8 = 1;
/// `NETDEV_A_DEV_IFINDEX`.
const INDEX: u16 = 1;
/// `NETDEV_A_DEV_XDP_FEATURES`.
const FEATURES: u16 = 3;
/// `NETDEV_XDP_ACT_NDO_XMIT`: frames may be sent out by XDP_REDIRECT.
const TRANSMITS: u64 = 4;

/// Whether an interface takes frames from XDP. No where the kernel cannot tell: a frame that is not
/// taken is lost without a word.
///
/// For veth the answer depends on the other end (drivers/net/veth.c, `veth_set_xdp_features`).
pub async fn transmits(index: u32) -> bool {
    match ask(index).await {
        Ok(device) => device.features & TRANSMITS != 0,
        Err(error) => {
            tracing::debug!("the kernel does not tell what XDP can do: {error}");
            false
        }
    }
}

/// Asks for one device. All at once would be one question, but its answers lack `NLM_F_MULTI`
/// (`netdev_nl_dev_fill`, net/core/netdev-genl.c), so that only the first is taken for one.
async fn ask(index: u32) -> Result<Device, Box<dyn std::error::Error>> {
    let (connection, mut handle, _messages) = genetlink::new_connection()?;
    // It ends when the handle is dropped.
    tokio::spawn(connection);
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST;
    let request = GenlMessage::from_payload(Device { index, features: 0 });
    let mut answers = handle
        .request(NetlinkMessage::new(header, request.into()))
        .await?;
    while let Some(answer) = answers.next().await {
        match answer?.payload {
            NetlinkPayload::InnerMessage(message) => return Ok(message.payload),
            NetlinkPayload::Error(error) => return Err(error.to_io().into()),
            _ => {}
        }
    }
    Err("there is no answer".into())
}

/// One device of the family; a request has its index only.
#[derive(Clone, Debug, Default)]
struct Device {
    index: u32,
    features: u64,
}

impl GenlFamily for Device {
    fn family_name() -> &'static str {
        "netdev"
    }

    fn command(&self) -> u8 {
        DEVICE_GET
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for Device {
    fn buffer_len(&self) -> usize {
        DefaultNla::new(INDEX, self.index.to_ne_bytes().to_vec()).buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        DefaultNla::new(INDEX, self.index.to_ne_bytes().to_vec()).emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Device {
    fn parse_with_param(payload: &[u8], _header: GenlHeader) -> Result<Self, DecodeError> {
        let mut device = Self::default();
        for attribute in NlasIterator::new(payload) {
            let attribute = attribute?;
            let mut value = [0; 8];
            let bytes = attribute.value();
            let length = bytes.len().min(8);
            value[..length].copy_from_slice(&bytes[..length]);
            // Numbers are in the machine's byte order; the shorter one fills the front.
            match attribute.kind() {
                INDEX => {
                    device.index = u32::from_ne_bytes([value[0], value[1], value[2], value[3]]);
                }
                FEATURES => device.features = u64::from_ne_bytes(value),
                _ => {}
            }
        }
        Ok(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn loopback() {
        let device = ask(1).await.unwrap();
        assert_eq!((device.index, device.features & TRANSMITS), (1, 0));
        assert!(ask(0x7fff_0000).await.is_err());
    }
}
