package decode

// Constants of sockets.

var (
	families = names{"AF_???", []name{
		{0, "AF_UNSPEC"}, {1, "AF_UNIX"}, {2, "AF_INET"}, {3, "AF_AX25"}, {4, "AF_IPX"},
		{5, "AF_APPLETALK"}, {6, "AF_NETROM"}, {7, "AF_BRIDGE"}, {8, "AF_ATMPVC"}, {9, "AF_X25"},
		{0xa, "AF_INET6"}, {0xb, "AF_ROSE"}, {0xc, "AF_DECnet"}, {0xd, "AF_NETBEUI"},
		{0xe, "AF_SECURITY"}, {0xf, "AF_KEY"}, {0x10, "AF_NETLINK"}, {0x11, "AF_PACKET"},
		{0x12, "AF_ASH"}, {0x13, "AF_ECONET"}, {0x14, "AF_ATMSVC"}, {0x15, "AF_RDS"},
		{0x16, "AF_SNA"}, {0x17, "AF_IRDA"}, {0x18, "AF_PPPOX"}, {0x19, "AF_WANPIPE"},
		{0x1a, "AF_LLC"}, {0x1b, "AF_IB"}, {0x1c, "AF_MPLS"}, {0x1d, "AF_CAN"}, {0x1e, "AF_TIPC"},
		{0x1f, "AF_BLUETOOTH"}, {0x20, "AF_IUCV"}, {0x21, "AF_RXRPC"}, {0x22, "AF_ISDN"},
		{0x23, "AF_PHONET"}, {0x24, "AF_IEEE802154"}, {0x25, "AF_CAIF"}, {0x26, "AF_ALG"},
		{0x27, "AF_NFC"}, {0x28, "AF_VSOCK"}, {0x29, "AF_KCM"}, {0x2a, "AF_QIPCRTR"},
		{0x2b, "AF_SMC"}, {0x2c, "AF_XDP"}, {0x2d, "AF_MCTP"},
	}}
	socketTypes = names{"SOCK_???", []name{
		{1, "SOCK_STREAM"}, {2, "SOCK_DGRAM"}, {3, "SOCK_RAW"}, {4, "SOCK_RDM"},
		{5, "SOCK_SEQPACKET"}, {6, "SOCK_DCCP"}, {0xa, "SOCK_PACKET"},
	}}
	socketFlags = names{"SOCK_???", []name{
		{0x80000, "SOCK_CLOEXEC"}, {0x800, "SOCK_NONBLOCK"},
	}}
	ipProtocols = names{"IPPROTO_???", []name{
		{0, "IPPROTO_IP"}, {1, "IPPROTO_ICMP"}, {2, "IPPROTO_IGMP"}, {4, "IPPROTO_IPIP"},
		{6, "IPPROTO_TCP"}, {8, "IPPROTO_EGP"}, {0xc, "IPPROTO_PUP"}, {0x11, "IPPROTO_UDP"},
		{0x16, "IPPROTO_IDP"}, {0x1d, "IPPROTO_TP"}, {0x21, "IPPROTO_DCCP"}, {0x29, "IPPROTO_IPV6"},
		{0x2b, "IPPROTO_ROUTING"}, {0x2c, "IPPROTO_FRAGMENT"}, {0x2e, "IPPROTO_RSVP"},
		{0x2f, "IPPROTO_GRE"}, {0x32, "IPPROTO_ESP"}, {0x33, "IPPROTO_AH"}, {0x3a, "IPPROTO_ICMPV6"},
		{0x3b, "IPPROTO_NONE"}, {0x3c, "IPPROTO_DSTOPTS"}, {0x5c, "IPPROTO_MTP"},
		{0x5e, "IPPROTO_BEETPH"}, {0x62, "IPPROTO_ENCAP"}, {0x67, "IPPROTO_PIM"},
		{0x6c, "IPPROTO_COMP"}, {0x73, "IPPROTO_L2TP"}, {0x84, "IPPROTO_SCTP"}, {0x87, "IPPROTO_MH"},
		{0x88, "IPPROTO_UDPLITE"}, {0x89, "IPPROTO_MPLS"}, {0x8f, "IPPROTO_ETHERNET"},
		{0xff, "IPPROTO_RAW"}, {0x106, "IPPROTO_MPTCP"},
	}}
	netlinkProtocols = names{"NETLINK_???", []name{
		{0, "NETLINK_ROUTE"}, {1, "NETLINK_UNUSED"}, {2, "NETLINK_USERSOCK"}, {3, "NETLINK_FIREWALL"},
		{4, "NETLINK_SOCK_DIAG"}, {5, "NETLINK_NFLOG"}, {6, "NETLINK_XFRM"}, {7, "NETLINK_SELINUX"},
		{8, "NETLINK_ISCSI"}, {9, "NETLINK_AUDIT"}, {0xa, "NETLINK_FIB_LOOKUP"},
		{0xb, "NETLINK_CONNECTOR"}, {0xc, "NETLINK_NETFILTER"}, {0xd, "NETLINK_IP6_FW"},
		{0xe, "NETLINK_DNRTMSG"}, {0xf, "NETLINK_KOBJECT_UEVENT"}, {0x10, "NETLINK_GENERIC"},
		{0x12, "NETLINK_SCSITRANSPORT"}, {0x13, "NETLINK_ECRYPTFS"}, {0x14, "NETLINK_RDMA"},
		{0x15, "NETLINK_CRYPTO"}, {0x16, "NETLINK_SMC"},
	}}
	btProtocols = names{"BTPROTO_???", []name{
		{0, "BTPROTO_L2CAP"}, {1, "BTPROTO_HCI"}, {2, "BTPROTO_SCO"}, {3, "BTPROTO_RFCOMM"},
		{4, "BTPROTO_BNEP"}, {5, "BTPROTO_CMTP"}, {6, "BTPROTO_HIDP"}, {7, "BTPROTO_AVDTP"},
	}}
	canProtocols = names{"CAN_???", []name{
		{1, "CAN_RAW"}, {2, "CAN_BCM"}, {3, "CAN_TP16"}, {4, "CAN_TP20"}, {5, "CAN_MCNET"},
		{6, "CAN_ISOTP"}, {7, "CAN_J1939"},
	}}
	shutdownModes = names{"SHUT_???", []name{
		{0, "SHUT_RD"}, {1, "SHUT_WR"}, {2, "SHUT_RDWR"},
	}}
	msgSendFlags = names{"MSG_???", []name{
		{1, "MSG_OOB"}, {2, "MSG_PEEK"}, {4, "MSG_DONTROUTE"}, {8, "MSG_CTRUNC"}, {0x10, "MSG_PROBE"},
		{0x20, "MSG_TRUNC"}, {0x40, "MSG_DONTWAIT"}, {0x80, "MSG_EOR"}, {0x100, "MSG_WAITALL"},
		{0x200, "MSG_FIN"}, {0x400, "MSG_SYN"}, {0x800, "MSG_CONFIRM"}, {0x1000, "MSG_RST"},
		{0x2000, "MSG_ERRQUEUE"}, {0x4000, "MSG_NOSIGNAL"}, {0x8000, "MSG_MORE"},
		{0x10000, "MSG_WAITFORONE"}, {0x20000, "MSG_SENDPAGE_NOTLAST"}, {0x40000, "MSG_BATCH"},
		{0x80000, "MSG_NO_SHARED_FRAGS"}, {0x4000000, "MSG_ZEROCOPY"}, {0x20000000, "MSG_FASTOPEN"},
		{0x40000000, "MSG_CMSG_CLOEXEC"}, {0x80000000, "MSG_CMSG_COMPAT"},
	}}
	socketcallOps = names{"SYS_???", []name{
		{1, "SYS_SOCKET"}, {2, "SYS_BIND"}, {3, "SYS_CONNECT"}, {4, "SYS_LISTEN"}, {5, "SYS_ACCEPT"},
		{6, "SYS_GETSOCKNAME"}, {7, "SYS_GETPEERNAME"}, {8, "SYS_SOCKETPAIR"}, {9, "SYS_SEND"},
		{0xa, "SYS_RECV"}, {0xb, "SYS_SENDTO"}, {0xc, "SYS_RECVFROM"}, {0xd, "SYS_SHUTDOWN"},
		{0xe, "SYS_SETSOCKOPT"}, {0xf, "SYS_GETSOCKOPT"}, {0x10, "SYS_SENDMSG"},
		{0x11, "SYS_RECVMSG"}, {0x12, "SYS_ACCEPT4"}, {0x13, "SYS_RECVMMSG"}, {0x14, "SYS_SENDMMSG"},
	}}
	ethProtocols = names{"ETH_P_???", []name{
		{1, "ETH_P_802_3"}, {2, "ETH_P_AX25"}, {3, "ETH_P_ALL"}, {4, "ETH_P_802_2"},
		{5, "ETH_P_SNAP"}, {6, "ETH_P_DDCMP"}, {7, "ETH_P_WAN_PPP"}, {8, "ETH_P_PPP_MP"},
		{9, "ETH_P_LOCALTALK"}, {0xc, "ETH_P_CAN"}, {0xd, "ETH_P_CANFD"}, {0xe, "ETH_P_CANXL"},
		{0x10, "ETH_P_PPPTALK"}, {0x11, "ETH_P_TR_802_2"}, {0x15, "ETH_P_MOBITEX"},
		{0x16, "ETH_P_CONTROL"}, {0x17, "ETH_P_IRDA"}, {0x18, "ETH_P_ECONET"}, {0x19, "ETH_P_HDLC"},
		{0x1a, "ETH_P_ARCNET"}, {0x1b, "ETH_P_DSA"}, {0x1c, "ETH_P_TRAILER"}, {0x60, "ETH_P_LOOP"},
		{0xf5, "ETH_P_PHONET"}, {0xf6, "ETH_P_IEEE802154"}, {0xf7, "ETH_P_CAIF"},
		{0xf8, "ETH_P_XDSA"}, {0xf9, "ETH_P_MAP"}, {0xfa, "ETH_P_MCTP"}, {0x200, "ETH_P_PUP"},
		{0x201, "ETH_P_PUPAT"}, {0x600, "ETH_P_802_3_MIN"}, {0x800, "ETH_P_IP"}, {0x805, "ETH_P_X25"},
		{0x806, "ETH_P_ARP"}, {0x8ff, "ETH_P_BPQ"}, {0xa00, "ETH_P_IEEEPUP"},
		{0xa01, "ETH_P_IEEEPUPAT"}, {0x22eb, "ETH_P_ERSPAN2"}, {0x22f0, "ETH_P_TSN"},
		{0x4305, "ETH_P_BATMAN"}, {0x6000, "ETH_P_DEC"}, {0x6001, "ETH_P_DNA_DL"},
		{0x6002, "ETH_P_DNA_RC"}, {0x6003, "ETH_P_DNA_RT"}, {0x6004, "ETH_P_LAT"},
		{0x6005, "ETH_P_DIAG"}, {0x6006, "ETH_P_CUST"}, {0x6007, "ETH_P_SCA"}, {0x6558, "ETH_P_TEB"},
		{0x8035, "ETH_P_RARP"}, {0x809b, "ETH_P_ATALK"}, {0x80f3, "ETH_P_AARP"},
		{0x8100, "ETH_P_8021Q"}, {0x8137, "ETH_P_IPX"}, {0x86dd, "ETH_P_IPV6"},
		{0x8808, "ETH_P_PAUSE"}, {0x8809, "ETH_P_SLOW"}, {0x883e, "ETH_P_WCCP"},
		{0x8847, "ETH_P_MPLS_UC"}, {0x8848, "ETH_P_MPLS_MC"}, {0x884c, "ETH_P_ATMMPOA"},
		{0x8863, "ETH_P_PPP_DISC"}, {0x8864, "ETH_P_PPP_SES"}, {0x886c, "ETH_P_LINK_CTL"},
		{0x8884, "ETH_P_ATMFATE"}, {0x888e, "ETH_P_PAE"}, {0x8899, "ETH_P_REALTEK"},
		{0x88a2, "ETH_P_AOE"}, {0x88a8, "ETH_P_8021AD"}, {0x88b5, "ETH_P_802_EX1"},
		{0x88be, "ETH_P_ERSPAN"}, {0x88c7, "ETH_P_PREAUTH"}, {0x88ca, "ETH_P_TIPC"},
		{0x88cc, "ETH_P_LLDP"}, {0x88e3, "ETH_P_MRP"}, {0x88e5, "ETH_P_MACSEC"},
		{0x88e7, "ETH_P_8021AH"}, {0x88f5, "ETH_P_MVRP"}, {0x88f7, "ETH_P_1588"},
		{0x88f8, "ETH_P_NCSI"}, {0x88fb, "ETH_P_PRP"}, {0x8902, "ETH_P_CFM"}, {0x8906, "ETH_P_FCOE"},
		{0x890d, "ETH_P_TDLS"}, {0x8914, "ETH_P_FIP"}, {0x8915, "ETH_P_IBOE"},
		{0x8917, "ETH_P_80221"}, {0x892f, "ETH_P_HSR"}, {0x894f, "ETH_P_NSH"},
		{0x9000, "ETH_P_LOOPBACK"}, {0x9100, "ETH_P_QINQ1"}, {0x9200, "ETH_P_QINQ2"},
		{0x9300, "ETH_P_QINQ3"}, {0xdada, "ETH_P_EDSA"}, {0xdadb, "ETH_P_DSA_8021Q"},
		{0xe001, "ETH_P_DSA_A5PSW"}, {0xed3e, "ETH_P_IFE"}, {0xfbfb, "ETH_P_AF_IUCV"},
	}}
	packetTypes = names{"PACKET_???", []name{
		{0, "PACKET_HOST"}, {1, "PACKET_BROADCAST"}, {2, "PACKET_MULTICAST"}, {3, "PACKET_OTHERHOST"},
		{4, "PACKET_OUTGOING"}, {5, "PACKET_LOOPBACK"}, {6, "PACKET_USER"}, {7, "PACKET_KERNEL"},
	}}
	scmTypes = names{"SCM_???", []name{
		{1, "SCM_RIGHTS"}, {2, "SCM_CREDENTIALS"}, {3, "SCM_SECURITY"}, {0x1d, "SO_TIMESTAMP_OLD"},
		{0x23, "SO_TIMESTAMPNS_OLD"}, {0x25, "SO_TIMESTAMPING_OLD"}, {0x3f, "SO_TIMESTAMP_NEW"},
		{0x40, "SO_TIMESTAMPNS_NEW"}, {0x41, "SO_TIMESTAMPING_NEW"},
	}}
)
