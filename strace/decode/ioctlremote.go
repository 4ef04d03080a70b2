package decode

import "strings"

// Requests to infrared receivers and to counters (linux/lirc.h, linux/counter.h).

var remoteRequests = func() map[string]ioctlArg {
	m := map[string]ioctlArg{
		"LIRC_GET_FEATURES":           ioctlOut(inFlags(&remoteFeatures)),
		"LIRC_SET_TRANSMITTER_MASK":   ioctlIn((*Decoder).inHex32),
		"COUNTER_ENABLE_EVENTS_IOCTL": ioctlNone, "COUNTER_DISABLE_EVENTS_IOCTL": ioctlNone,
		"COUNTER_ADD_WATCH_IOCTL": ioctlIn(structAt(6, layout{
			group("component", enum8("type", &counterComponents), enum8("scope", &counterScopes), u8("parent"), u8("id")),
			enum8("event", &counterEvents), u8("channel")})),
	}
	for _, name := range strings.Fields(`GET_REC_RESOLUTION GET_MIN_TIMEOUT GET_MAX_TIMEOUT GET_LENGTH GET_REC_TIMEOUT
		SET_SEND_CARRIER SET_REC_CARRIER SET_SEND_DUTY_CYCLE SET_REC_TIMEOUT SET_REC_TIMEOUT_REPORTS
		SET_MEASURE_CARRIER_MODE SET_REC_CARRIER_RANGE SET_WIDEBAND_RECEIVER`) {
		show := ioctlIn((*Decoder).inUint)
		if strings.HasPrefix(name, "GET") {
			show = ioctlOut((*Decoder).inUint)
		}
		m["LIRC_"+name] = show
	}
	for _, name := range [...]string{"SEND_MODE", "REC_MODE"} {
		m["LIRC_GET_"+name] = ioctlOut(inConstant(&remoteModes))
		m["LIRC_SET_"+name] = ioctlIn(inConstant(&remoteModes))
	}
	return m
}()
