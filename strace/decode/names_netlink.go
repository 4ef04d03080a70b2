package decode

// Constants of netlink sockets and of messages about links, addresses and routes
// (linux/netlink.h, linux/rtnetlink.h and their like).

var (
	nlControlTypes = names{"NLMSG_???", []name{{0x1, "NLMSG_NOOP"}, {0x2, "NLMSG_ERROR"}, {0x3, "NLMSG_DONE"}, {0x4, "NLMSG_OVERRUN"}}}
	nlRouteTypes   = names{"RTM_???", []name{
		{0x10, "RTM_NEWLINK"}, {0x11, "RTM_DELLINK"}, {0x12, "RTM_GETLINK"}, {0x13, "RTM_SETLINK"},
		{0x14, "RTM_NEWADDR"}, {0x15, "RTM_DELADDR"}, {0x16, "RTM_GETADDR"}, {0x18, "RTM_NEWROUTE"},
		{0x19, "RTM_DELROUTE"}, {0x1a, "RTM_GETROUTE"}, {0x1c, "RTM_NEWNEIGH"}, {0x1d, "RTM_DELNEIGH"},
		{0x1e, "RTM_GETNEIGH"}, {0x20, "RTM_NEWRULE"}, {0x21, "RTM_DELRULE"}, {0x22, "RTM_GETRULE"},
		{0x24, "RTM_NEWQDISC"}, {0x25, "RTM_DELQDISC"}, {0x26, "RTM_GETQDISC"}, {0x28, "RTM_NEWTCLASS"},
		{0x29, "RTM_DELTCLASS"}, {0x2a, "RTM_GETTCLASS"}, {0x2c, "RTM_NEWTFILTER"}, {0x2d, "RTM_DELTFILTER"},
		{0x2e, "RTM_GETTFILTER"}, {0x30, "RTM_NEWACTION"}, {0x31, "RTM_DELACTION"}, {0x32, "RTM_GETACTION"},
		{0x34, "RTM_NEWPREFIX"}, {0x3a, "RTM_GETMULTICAST"}, {0x3e, "RTM_GETANYCAST"},
		{0x40, "RTM_NEWNEIGHTBL"}, {0x42, "RTM_GETNEIGHTBL"}, {0x43, "RTM_SETNEIGHTBL"},
		{0x44, "RTM_NEWNDUSEROPT"}, {0x48, "RTM_NEWADDRLABEL"}, {0x49, "RTM_DELADDRLABEL"},
		{0x4a, "RTM_GETADDRLABEL"}, {0x4e, "RTM_GETDCB"}, {0x4f, "RTM_SETDCB"}, {0x50, "RTM_NEWNETCONF"},
		{0x51, "RTM_DELNETCONF"}, {0x52, "RTM_GETNETCONF"}, {0x54, "RTM_NEWMDB"}, {0x55, "RTM_DELMDB"},
		{0x56, "RTM_GETMDB"}, {0x58, "RTM_NEWNSID"}, {0x59, "RTM_DELNSID"}, {0x5a, "RTM_GETNSID"},
		{0x5c, "RTM_NEWSTATS"}, {0x5e, "RTM_GETSTATS"}, {0x60, "RTM_NEWCACHEREPORT"}, {0x64, "RTM_NEWCHAIN"},
		{0x65, "RTM_DELCHAIN"}, {0x66, "RTM_GETCHAIN"}, {0x68, "RTM_NEWNEXTHOP"}, {0x69, "RTM_DELNEXTHOP"},
		{0x6a, "RTM_GETNEXTHOP"}, {0x6c, "RTM_NEWLINKPROP"}, {0x6d, "RTM_DELLINKPROP"},
		{0x6e, "RTM_GETLINKPROP"}, {0x70, "RTM_NEWVLAN"}, {0x71, "RTM_DELVLAN"}, {0x72, "RTM_GETVLAN"},
		{0x74, "RTM_NEWNEXTHOPBUCKET"}, {0x75, "RTM_DELNEXTHOPBUCKET"}, {0x76, "RTM_GETNEXTHOPBUCKET"},
	}}
	nlSockDiagTypes = names{"SOCK_DIAG_???", []name{
		{0x12, "TCPDIAG_GETSOCK"}, {0x13, "DCCPDIAG_GETSOCK"}, {0x14, "SOCK_DIAG_BY_FAMILY"},
		{0x15, "SOCK_DESTROY"},
	}}
	nlAuditTypes = names{"AUDIT_???", []name{
		{0x3e8, "AUDIT_GET"}, {0x3e9, "AUDIT_SET"}, {0x3ea, "AUDIT_LIST"}, {0x3eb, "AUDIT_ADD"},
		{0x3ec, "AUDIT_DEL"}, {0x3ed, "AUDIT_USER"}, {0x3ee, "AUDIT_LOGIN"}, {0x3ef, "AUDIT_WATCH_INS"},
		{0x3f0, "AUDIT_WATCH_REM"}, {0x3f1, "AUDIT_WATCH_LIST"}, {0x3f2, "AUDIT_SIGNAL_INFO"},
		{0x3f3, "AUDIT_ADD_RULE"}, {0x3f4, "AUDIT_DEL_RULE"}, {0x3f5, "AUDIT_LIST_RULES"},
		{0x3f6, "AUDIT_TRIM"}, {0x3f7, "AUDIT_MAKE_EQUIV"}, {0x3f8, "AUDIT_TTY_GET"}, {0x3f9, "AUDIT_TTY_SET"},
		{0x3fa, "AUDIT_SET_FEATURE"}, {0x3fb, "AUDIT_GET_FEATURE"}, {0x44c, "AUDIT_FIRST_USER_MSG"},
		{0x453, "AUDIT_USER_AVC"}, {0x464, "AUDIT_USER_TTY"}, {0x4af, "AUDIT_LAST_USER_MSG"},
		{0x4b0, "AUDIT_DAEMON_START"}, {0x4b1, "AUDIT_DAEMON_END"}, {0x4b2, "AUDIT_DAEMON_ABORT"},
		{0x4b3, "AUDIT_DAEMON_CONFIG"}, {0x514, "AUDIT_SYSCALL"}, {0x515, "AUDIT_FS_WATCH"},
		{0x516, "AUDIT_PATH"}, {0x517, "AUDIT_IPC"}, {0x518, "AUDIT_SOCKETCALL"},
		{0x519, "AUDIT_CONFIG_CHANGE"}, {0x51a, "AUDIT_SOCKADDR"}, {0x51b, "AUDIT_CWD"},
		{0x51d, "AUDIT_EXECVE"}, {0x51f, "AUDIT_IPC_SET_PERM"}, {0x520, "AUDIT_MQ_OPEN"},
		{0x521, "AUDIT_MQ_SENDRECV"}, {0x522, "AUDIT_MQ_NOTIFY"}, {0x523, "AUDIT_MQ_GETSETATTR"},
		{0x524, "AUDIT_KERNEL_OTHER"}, {0x525, "AUDIT_FD_PAIR"}, {0x526, "AUDIT_OBJ_PID"}, {0x527, "AUDIT_TTY"},
		{0x528, "AUDIT_EOE"}, {0x529, "AUDIT_BPRM_FCAPS"}, {0x52a, "AUDIT_CAPSET"}, {0x52b, "AUDIT_MMAP"},
		{0x52c, "AUDIT_NETFILTER_PKT"}, {0x52d, "AUDIT_NETFILTER_CFG"}, {0x52e, "AUDIT_SECCOMP"},
		{0x52f, "AUDIT_PROCTITLE"}, {0x530, "AUDIT_FEATURE_CHANGE"}, {0x531, "AUDIT_REPLACE"},
		{0x532, "AUDIT_KERN_MODULE"}, {0x533, "AUDIT_FANOTIFY"}, {0x534, "AUDIT_TIME_INJOFFSET"},
		{0x535, "AUDIT_TIME_ADJNTPVAL"}, {0x536, "AUDIT_BPF"}, {0x537, "AUDIT_EVENT_LISTENER"},
		{0x538, "AUDIT_URINGOP"}, {0x539, "AUDIT_OPENAT2"}, {0x53a, "AUDIT_DM_CTRL"}, {0x53b, "AUDIT_DM_EVENT"},
		{0x578, "AUDIT_AVC"}, {0x579, "AUDIT_SELINUX_ERR"}, {0x57a, "AUDIT_AVC_PATH"},
		{0x57b, "AUDIT_MAC_POLICY_LOAD"}, {0x57c, "AUDIT_MAC_STATUS"}, {0x57d, "AUDIT_MAC_CONFIG_CHANGE"},
		{0x57e, "AUDIT_MAC_UNLBL_ALLOW"}, {0x57f, "AUDIT_MAC_CIPSOV4_ADD"}, {0x580, "AUDIT_MAC_CIPSOV4_DEL"},
		{0x581, "AUDIT_MAC_MAP_ADD"}, {0x582, "AUDIT_MAC_MAP_DEL"}, {0x583, "AUDIT_MAC_IPSEC_ADDSA"},
		{0x584, "AUDIT_MAC_IPSEC_DELSA"}, {0x585, "AUDIT_MAC_IPSEC_ADDSPD"}, {0x586, "AUDIT_MAC_IPSEC_DELSPD"},
		{0x587, "AUDIT_MAC_IPSEC_EVENT"}, {0x588, "AUDIT_MAC_UNLBL_STCADD"}, {0x589, "AUDIT_MAC_UNLBL_STCDEL"},
		{0x58a, "AUDIT_MAC_CALIPSO_ADD"}, {0x58b, "AUDIT_MAC_CALIPSO_DEL"}, {0x6a4, "AUDIT_ANOM_PROMISCUOUS"},
		{0x6a5, "AUDIT_ANOM_ABEND"}, {0x6a6, "AUDIT_ANOM_LINK"}, {0x6a7, "AUDIT_ANOM_CREAT"},
		{0x707, "AUDIT_LAST_KERN_ANOM_MSG"}, {0x708, "AUDIT_INTEGRITY_DATA"},
		{0x709, "AUDIT_INTEGRITY_METADATA"}, {0x70a, "AUDIT_INTEGRITY_STATUS"}, {0x70b, "AUDIT_INTEGRITY_HASH"},
		{0x70c, "AUDIT_INTEGRITY_PCR"}, {0x70d, "AUDIT_INTEGRITY_RULE"}, {0x70e, "AUDIT_INTEGRITY_EVM_XATTR"},
		{0x70f, "AUDIT_INTEGRITY_POLICY_RULE"}, {0x7d0, "AUDIT_KERNEL"}, {0x834, "AUDIT_FIRST_USER_MSG2"},
		{0xbb7, "AUDIT_LAST_USER_MSG2"},
	}}
	nlXfrmTypes = names{"XFRM_MSG_???", []name{
		{0x10, "XFRM_MSG_NEWSA"}, {0x11, "XFRM_MSG_DELSA"}, {0x12, "XFRM_MSG_GETSA"},
		{0x13, "XFRM_MSG_NEWPOLICY"}, {0x14, "XFRM_MSG_DELPOLICY"}, {0x15, "XFRM_MSG_GETPOLICY"},
		{0x16, "XFRM_MSG_ALLOCSPI"}, {0x17, "XFRM_MSG_ACQUIRE"}, {0x18, "XFRM_MSG_EXPIRE"},
		{0x19, "XFRM_MSG_UPDPOLICY"}, {0x1a, "XFRM_MSG_UPDSA"}, {0x1b, "XFRM_MSG_POLEXPIRE"},
		{0x1c, "XFRM_MSG_FLUSHSA"}, {0x1d, "XFRM_MSG_FLUSHPOLICY"}, {0x1e, "XFRM_MSG_NEWAE"},
		{0x1f, "XFRM_MSG_GETAE"}, {0x20, "XFRM_MSG_REPORT"}, {0x21, "XFRM_MSG_MIGRATE"},
		{0x22, "XFRM_MSG_NEWSADINFO"}, {0x23, "XFRM_MSG_GETSADINFO"}, {0x24, "XFRM_MSG_NEWSPDINFO"},
		{0x25, "XFRM_MSG_GETSPDINFO"}, {0x26, "XFRM_MSG_MAPPING"}, {0x27, "XFRM_MSG_SETDEFAULT"},
		{0x28, "XFRM_MSG_GETDEFAULT"},
	}}
	nlCryptoTypes = names{"CRYPTO_MSG_???", []name{
		{0x10, "CRYPTO_MSG_NEWALG"}, {0x11, "CRYPTO_MSG_DELALG"}, {0x12, "CRYPTO_MSG_UPDATEALG"},
		{0x13, "CRYPTO_MSG_GETALG"}, {0x14, "CRYPTO_MSG_DELRNG"},
	}}
	nlSELinuxTypes = names{"SELNL_MSG_???", []name{{0x10, "SELNL_MSG_SETENFORCE"}, {0x11, "SELNL_MSG_POLICYLOAD"}}}
	nlFlags        = names{"NLM_F_???", []name{
		{0x1, "NLM_F_REQUEST"}, {0x2, "NLM_F_MULTI"}, {0x4, "NLM_F_ACK"}, {0x8, "NLM_F_ECHO"},
		{0x10, "NLM_F_DUMP_INTR"}, {0x20, "NLM_F_DUMP_FILTERED"},
	}}
	nlAckExtra     = names{"NLM_F_???", []name{{0x100, "NLM_F_CAPPED"}, {0x200, "NLM_F_ACK_TLVS"}}}
	nlGetExtra     = names{"NLM_F_???", []name{{0x300, "NLM_F_DUMP"}, {0x100, "NLM_F_ROOT"}, {0x200, "NLM_F_MATCH"}, {0x400, "NLM_F_ATOMIC"}}}
	nlNewExtra     = names{"NLM_F_???", []name{{0x100, "NLM_F_REPLACE"}, {0x200, "NLM_F_EXCL"}, {0x400, "NLM_F_CREATE"}, {0x800, "NLM_F_APPEND"}}}
	nlDeleteExtra  = names{"NLM_F_???", []name{{0x100, "NLM_F_NONREC"}, {0x200, "NLM_F_BULK"}}}
	interfaceFlags = names{"IFF_???", []name{
		{0x1, "IFF_UP"}, {0x2, "IFF_BROADCAST"}, {0x4, "IFF_DEBUG"}, {0x8, "IFF_LOOPBACK"},
		{0x10, "IFF_POINTOPOINT"}, {0x20, "IFF_NOTRAILERS"}, {0x40, "IFF_RUNNING"}, {0x80, "IFF_NOARP"},
		{0x100, "IFF_PROMISC"}, {0x200, "IFF_ALLMULTI"}, {0x400, "IFF_MASTER"}, {0x800, "IFF_SLAVE"},
		{0x1000, "IFF_MULTICAST"}, {0x2000, "IFF_PORTSEL"}, {0x4000, "IFF_AUTOMEDIA"}, {0x8000, "IFF_DYNAMIC"},
		{0x10000, "IFF_LOWER_UP"}, {0x20000, "IFF_DORMANT"}, {0x40000, "IFF_ECHO"},
	}}
	addressFlags = names{"IFA_F_???", []name{
		{0x1, "IFA_F_SECONDARY"}, {0x2, "IFA_F_NODAD"}, {0x4, "IFA_F_OPTIMISTIC"}, {0x8, "IFA_F_DADFAILED"},
		{0x10, "IFA_F_HOMEADDRESS"}, {0x20, "IFA_F_DEPRECATED"}, {0x40, "IFA_F_TENTATIVE"},
		{0x80, "IFA_F_PERMANENT"}, {0x100, "IFA_F_MANAGETEMPADDR"}, {0x200, "IFA_F_NOPREFIXROUTE"},
		{0x400, "IFA_F_MCAUTOJOIN"}, {0x800, "IFA_F_STABLE_PRIVACY"},
	}}
	routeScopes = names{"", []name{
		{0, "RT_SCOPE_UNIVERSE"}, {0xc8, "RT_SCOPE_SITE"}, {0xfd, "RT_SCOPE_LINK"}, {0xfe, "RT_SCOPE_HOST"},
		{0xff, "RT_SCOPE_NOWHERE"},
	}}
	serviceTypes = names{"IPTOS_TOS_???", []name{{0x10, "IPTOS_LOWDELAY"}, {0x8, "IPTOS_THROUGHPUT"}, {0x4, "IPTOS_RELIABILITY"}, {0x2, "IPTOS_MINCOST"}}}
	routeTables  = names{"", []name{
		{0, "RT_TABLE_UNSPEC"}, {0xfc, "RT_TABLE_COMPAT"}, {0xfd, "RT_TABLE_DEFAULT"}, {0xfe, "RT_TABLE_MAIN"},
		{0xff, "RT_TABLE_LOCAL"},
	}}
	routeProtocols = names{"RTPROT_???", []name{
		{0, "RTPROT_UNSPEC"}, {0x1, "RTPROT_REDIRECT"}, {0x2, "RTPROT_KERNEL"}, {0x3, "RTPROT_BOOT"},
		{0x4, "RTPROT_STATIC"}, {0x8, "RTPROT_GATED"}, {0x9, "RTPROT_RA"}, {0xa, "RTPROT_MRT"},
		{0xb, "RTPROT_ZEBRA"}, {0xc, "RTPROT_BIRD"}, {0xd, "RTPROT_DNROUTED"}, {0xe, "RTPROT_XORP"},
		{0xf, "RTPROT_NTK"}, {0x10, "RTPROT_DHCP"}, {0x11, "RTPROT_MROUTED"}, {0x12, "RTPROT_KEEPALIVED"},
		{0x2a, "RTPROT_BABEL"}, {0x63, "RTPROT_OPENR"}, {0xba, "RTPROT_BGP"}, {0xbb, "RTPROT_ISIS"},
		{0xbc, "RTPROT_OSPF"}, {0xbd, "RTPROT_RIP"}, {0xc0, "RTPROT_EIGRP"},
	}}
	routeTypes = names{"RTN_???", []name{
		{0, "RTN_UNSPEC"}, {0x1, "RTN_UNICAST"}, {0x2, "RTN_LOCAL"}, {0x3, "RTN_BROADCAST"},
		{0x4, "RTN_ANYCAST"}, {0x5, "RTN_MULTICAST"}, {0x6, "RTN_BLACKHOLE"}, {0x7, "RTN_UNREACHABLE"},
		{0x8, "RTN_PROHIBIT"}, {0x9, "RTN_THROW"}, {0xa, "RTN_NAT"}, {0xb, "RTN_XRESOLVE"},
	}}
	routeFlags = names{"RTM_F_???", []name{
		{0x100, "RTM_F_NOTIFY"}, {0x200, "RTM_F_CLONED"}, {0x400, "RTM_F_EQUALIZE"}, {0x800, "RTM_F_PREFIX"},
		{0x1000, "RTM_F_LOOKUP_TABLE"}, {0x2000, "RTM_F_FIB_MATCH"}, {0x4000, "RTM_F_OFFLOAD"},
		{0x8000, "RTM_F_TRAP"}, {0x20000000, "RTM_F_OFFLOAD_FAILED"},
	}}
	neighbourStates = names{"NUD_???", []name{
		{0, "NUD_NONE"}, {0x1, "NUD_INCOMPLETE"}, {0x2, "NUD_REACHABLE"}, {0x4, "NUD_STALE"},
		{0x8, "NUD_DELAY"}, {0x10, "NUD_PROBE"}, {0x20, "NUD_FAILED"}, {0x40, "NUD_NOARP"},
		{0x80, "NUD_PERMANENT"},
	}}
	neighbourFlags = names{"NTF_???", []name{
		{0x1, "NTF_USE"}, {0x2, "NTF_SELF"}, {0x4, "NTF_MASTER"}, {0x8, "NTF_PROXY"}, {0x10, "NTF_EXT_LEARNED"},
		{0x20, "NTF_OFFLOADED"}, {0x40, "NTF_STICKY"}, {0x80, "NTF_ROUTER"},
	}}
	linkAttributeNames = names{"IFLA_???", []name{
		{0, "IFLA_UNSPEC"}, {0x1, "IFLA_ADDRESS"}, {0x2, "IFLA_BROADCAST"}, {0x3, "IFLA_IFNAME"},
		{0x4, "IFLA_MTU"}, {0x5, "IFLA_LINK"}, {0x6, "IFLA_QDISC"}, {0x7, "IFLA_STATS"}, {0x8, "IFLA_COST"},
		{0x9, "IFLA_PRIORITY"}, {0xa, "IFLA_MASTER"}, {0xb, "IFLA_WIRELESS"}, {0xc, "IFLA_PROTINFO"},
		{0xd, "IFLA_TXQLEN"}, {0xe, "IFLA_MAP"}, {0xf, "IFLA_WEIGHT"}, {0x10, "IFLA_OPERSTATE"},
		{0x11, "IFLA_LINKMODE"}, {0x12, "IFLA_LINKINFO"}, {0x13, "IFLA_NET_NS_PID"}, {0x14, "IFLA_IFALIAS"},
		{0x15, "IFLA_NUM_VF"}, {0x16, "IFLA_VFINFO_LIST"}, {0x17, "IFLA_STATS64"}, {0x18, "IFLA_VF_PORTS"},
		{0x19, "IFLA_PORT_SELF"}, {0x1a, "IFLA_AF_SPEC"}, {0x1b, "IFLA_GROUP"}, {0x1c, "IFLA_NET_NS_FD"},
		{0x1d, "IFLA_EXT_MASK"}, {0x1e, "IFLA_PROMISCUITY"}, {0x1f, "IFLA_NUM_TX_QUEUES"},
		{0x20, "IFLA_NUM_RX_QUEUES"}, {0x21, "IFLA_CARRIER"}, {0x22, "IFLA_PHYS_PORT_ID"},
		{0x23, "IFLA_CARRIER_CHANGES"}, {0x24, "IFLA_PHYS_SWITCH_ID"}, {0x25, "IFLA_LINK_NETNSID"},
		{0x26, "IFLA_PHYS_PORT_NAME"}, {0x27, "IFLA_PROTO_DOWN"}, {0x28, "IFLA_GSO_MAX_SEGS"},
		{0x29, "IFLA_GSO_MAX_SIZE"}, {0x2a, "IFLA_PAD"}, {0x2b, "IFLA_XDP"}, {0x2c, "IFLA_EVENT"},
		{0x2d, "IFLA_NEW_NETNSID"}, {0x2e, "IFLA_IF_NETNSID"}, {0x2f, "IFLA_CARRIER_UP_COUNT"},
		{0x30, "IFLA_CARRIER_DOWN_COUNT"}, {0x31, "IFLA_NEW_IFINDEX"}, {0x32, "IFLA_MIN_MTU"},
		{0x33, "IFLA_MAX_MTU"}, {0x34, "IFLA_PROP_LIST"}, {0x35, "IFLA_ALT_IFNAME"},
		{0x36, "IFLA_PERM_ADDRESS"}, {0x37, "IFLA_PROTO_DOWN_REASON"}, {0x38, "IFLA_PARENT_DEV_NAME"},
		{0x39, "IFLA_PARENT_DEV_BUS_NAME"}, {0x3a, "IFLA_GRO_MAX_SIZE"}, {0x3b, "IFLA_TSO_MAX_SIZE"},
		{0x3c, "IFLA_TSO_MAX_SEGS"}, {0x3d, "IFLA_ALLMULTI"},
	}}
	addressAttributeNames = names{"IFA_???", []name{
		{0, "IFA_UNSPEC"}, {0x1, "IFA_ADDRESS"}, {0x2, "IFA_LOCAL"}, {0x3, "IFA_LABEL"}, {0x4, "IFA_BROADCAST"},
		{0x5, "IFA_ANYCAST"}, {0x6, "IFA_CACHEINFO"}, {0x7, "IFA_MULTICAST"}, {0x8, "IFA_FLAGS"},
		{0x9, "IFA_RT_PRIORITY"}, {0xa, "IFA_TARGET_NETNSID"}, {0xb, "IFA_PROTO"},
	}}
	routeAttributeNames = names{"RTA_???", []name{
		{0, "RTA_UNSPEC"}, {0x1, "RTA_DST"}, {0x2, "RTA_SRC"}, {0x3, "RTA_IIF"}, {0x4, "RTA_OIF"},
		{0x5, "RTA_GATEWAY"}, {0x6, "RTA_PRIORITY"}, {0x7, "RTA_PREFSRC"}, {0x8, "RTA_METRICS"},
		{0x9, "RTA_MULTIPATH"}, {0xa, "RTA_PROTOINFO"}, {0xb, "RTA_FLOW"}, {0xc, "RTA_CACHEINFO"},
		{0xd, "RTA_SESSION"}, {0xe, "RTA_MP_ALGO"}, {0xf, "RTA_TABLE"}, {0x10, "RTA_MARK"},
		{0x11, "RTA_MFC_STATS"}, {0x12, "RTA_VIA"}, {0x13, "RTA_NEWDST"}, {0x14, "RTA_PREF"},
		{0x15, "RTA_ENCAP_TYPE"}, {0x16, "RTA_ENCAP"}, {0x17, "RTA_EXPIRES"}, {0x18, "RTA_PAD"},
		{0x19, "RTA_UID"}, {0x1a, "RTA_TTL_PROPAGATE"}, {0x1b, "RTA_IP_PROTO"}, {0x1c, "RTA_SPORT"},
		{0x1d, "RTA_DPORT"}, {0x1e, "RTA_NH_ID"},
	}}
	neighbourAttributeNames = names{"NDA_???", []name{
		{0, "NDA_UNSPEC"}, {0x1, "NDA_DST"}, {0x2, "NDA_LLADDR"}, {0x3, "NDA_CACHEINFO"}, {0x4, "NDA_PROBES"},
		{0x5, "NDA_VLAN"}, {0x6, "NDA_PORT"}, {0x7, "NDA_VNI"}, {0x8, "NDA_IFINDEX"}, {0x9, "NDA_MASTER"},
		{0xa, "NDA_LINK_NETNSID"}, {0xb, "NDA_SRC_VNI"}, {0xc, "NDA_PROTOCOL"}, {0xd, "NDA_NH_ID"},
		{0xe, "NDA_FDB_EXT_ATTRS"}, {0xf, "NDA_FLAGS_EXT"}, {0x10, "NDA_NDM_STATE_MASK"},
		{0x11, "NDA_NDM_FLAGS_MASK"},
	}}
	linkFilterFlags = names{"RTEXT_FILTER_???", []name{
		{0x1, "RTEXT_FILTER_VF"}, {0x2, "RTEXT_FILTER_BRVLAN"}, {0x4, "RTEXT_FILTER_BRVLAN_COMPRESSED"},
		{0x8, "RTEXT_FILTER_SKIP_STATS"}, {0x10, "RTEXT_FILTER_MRP"}, {0x20, "RTEXT_FILTER_CFM_CONFIG"},
		{0x40, "RTEXT_FILTER_CFM_STATUS"},
	}}
)

// Constants of messages about rules, queues and other things.
var (
	ruleActions = names{"FR_ACT_???", []name{
		{0, "FR_ACT_UNSPEC"}, {0x1, "FR_ACT_TO_TBL"}, {0x2, "FR_ACT_GOTO"}, {0x3, "FR_ACT_NOP"},
		{0x4, "FR_ACT_RES3"}, {0x5, "FR_ACT_RES4"}, {0x6, "FR_ACT_BLACKHOLE"}, {0x7, "FR_ACT_UNREACHABLE"},
		{0x8, "FR_ACT_PROHIBIT"},
	}}
	ruleFlags = names{"FIB_RULE_???", []name{
		{0x1, "FIB_RULE_PERMANENT"}, {0x2, "FIB_RULE_INVERT"}, {0x4, "FIB_RULE_UNRESOLVED"},
		{0x8, "FIB_RULE_IIF_DETACHED"}, {0x10, "FIB_RULE_OIF_DETACHED"}, {0x10000, "FIB_RULE_FIND_SADDR"},
	}}
	ruleAttributeNames = names{"FRA_???", []name{
		{0, "FRA_UNSPEC"}, {0x1, "FRA_DST"}, {0x2, "FRA_SRC"}, {0x3, "FRA_IIFNAME"}, {0x4, "FRA_GOTO"},
		{0x5, "FRA_UNUSED2"}, {0x6, "FRA_PRIORITY"}, {0x7, "FRA_UNUSED3"}, {0x8, "FRA_UNUSED4"},
		{0x9, "FRA_UNUSED5"}, {0xa, "FRA_FWMARK"}, {0xb, "FRA_FLOW"}, {0xc, "FRA_TUN_ID"},
		{0xd, "FRA_SUPPRESS_IFGROUP"}, {0xe, "FRA_SUPPRESS_PREFIXLEN"}, {0xf, "FRA_TABLE"},
		{0x10, "FRA_FWMASK"}, {0x11, "FRA_OIFNAME"}, {0x12, "FRA_PAD"}, {0x13, "FRA_L3MDEV"},
		{0x14, "FRA_UID_RANGE"}, {0x15, "FRA_PROTOCOL"}, {0x16, "FRA_IP_PROTO"}, {0x17, "FRA_SPORT_RANGE"},
		{0x18, "FRA_DPORT_RANGE"},
	}}
	trafficAttributeNames = names{"TCA_???", []name{
		{0, "TCA_UNSPEC"}, {0x1, "TCA_KIND"}, {0x2, "TCA_OPTIONS"}, {0x3, "TCA_STATS"}, {0x4, "TCA_XSTATS"},
		{0x5, "TCA_RATE"}, {0x6, "TCA_FCNT"}, {0x7, "TCA_STATS2"}, {0x8, "TCA_STAB"}, {0x9, "TCA_PAD"},
		{0xa, "TCA_DUMP_INVISIBLE"}, {0xb, "TCA_CHAIN"}, {0xc, "TCA_HW_OFFLOAD"}, {0xd, "TCA_INGRESS_BLOCK"},
		{0xe, "TCA_EGRESS_BLOCK"}, {0xf, "TCA_DUMP_FLAGS"},
	}}
	neighbourTableAttributeNames = names{"NDTA_???", []name{
		{0, "NDTA_UNSPEC"}, {0x1, "NDTA_NAME"}, {0x2, "NDTA_THRESH1"}, {0x3, "NDTA_THRESH2"},
		{0x4, "NDTA_THRESH3"}, {0x5, "NDTA_CONFIG"}, {0x6, "NDTA_PARMS"}, {0x7, "NDTA_STATS"},
		{0x8, "NDTA_GC_INTERVAL"}, {0x9, "NDTA_PAD"},
	}}
	labelAttributeNames   = names{"IFAL_???", []name{{0x1, "IFAL_ADDRESS"}, {0x2, "IFAL_LABEL"}}}
	netconfAttributeNames = names{"NETCONFA_???", []name{
		{0, "NETCONFA_UNSPEC"}, {0x1, "NETCONFA_IFINDEX"}, {0x2, "NETCONFA_FORWARDING"},
		{0x3, "NETCONFA_RP_FILTER"}, {0x4, "NETCONFA_MC_FORWARDING"}, {0x5, "NETCONFA_PROXY_NEIGH"},
		{0x6, "NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN"}, {0x7, "NETCONFA_INPUT"}, {0x8, "NETCONFA_BC_FORWARDING"},
	}}
	multicastAttributeNames = names{"MDBA_???", []name{{0, "MDBA_UNSPEC"}, {0x1, "MDBA_MDB"}, {0x2, "MDBA_ROUTER"}}}
	namespaceAttributeNames = names{"NETNSA_???", []name{
		{0xffffffff, "NETNSA_NSID_NOT_ASSIGNED"}, {0, "NETNSA_NONE"}, {0x1, "NETNSA_NSID"}, {0x2, "NETNSA_PID"},
		{0x3, "NETNSA_FD"}, {0x4, "NETNSA_TARGET_NSID"}, {0x5, "NETNSA_CURRENT_NSID"},
	}}
	cacheAttributeNames = names{"IPMRA_CREPORT_???", []name{
		{0, "IPMRA_CREPORT_UNSPEC"}, {0x1, "IPMRA_CREPORT_MSGTYPE"}, {0x2, "IPMRA_CREPORT_VIF_ID"},
		{0x3, "IPMRA_CREPORT_SRC_ADDR"}, {0x4, "IPMRA_CREPORT_DST_ADDR"}, {0x5, "IPMRA_CREPORT_PKT"},
		{0x6, "IPMRA_CREPORT_TABLE"},
	}}
	nlGenericTypes = names{"NLMSG_???", []name{{0x10, "nlctrl"}}}
)

// The flags of messages: those of all, and those of what is to be done.
var (
	nlAckFlags    = names{nlFlags.unknown, append(nlFlags.list[:len(nlFlags.list):len(nlFlags.list)], nlAckExtra.list...)}
	nlGetFlags    = names{nlFlags.unknown, append(nlFlags.list[:len(nlFlags.list):len(nlFlags.list)], nlGetExtra.list...)}
	nlNewFlags    = names{nlFlags.unknown, append(nlFlags.list[:len(nlFlags.list):len(nlFlags.list)], nlNewExtra.list...)}
	nlDeleteFlags = names{nlFlags.unknown, append(nlFlags.list[:len(nlFlags.list):len(nlFlags.list)], nlDeleteExtra.list...)}
)
