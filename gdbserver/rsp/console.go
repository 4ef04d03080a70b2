package rsp

// Command is a qRcmd packet: what the user of a client types behind "monitor".
type Command string

const commandName = "qRcmd"

// ParseCommand parses qRcmd.
func ParseCommand(packet []byte) (Command, error) {
	text, ok := argument(packet, commandName, ',')
	if !ok {
		return "", malformed
	}
	line, ok := Hex(nil, text)
	if !ok {
		return "", malformed
	}
	return Command(line), nil
}

// AppendTo appends the packet.
func (c Command) AppendTo(dst []byte) []byte {
	return AppendHex(append(append(dst, commandName...), ','), []byte(c))
}

// Output is a reply with text for the client's user. The reply that ends the command
// comes after it.
type Output string

// ParseOutput parses it. "OK" is none.
func ParseOutput(reply []byte) (Output, error) {
	if len(reply) == 0 || reply[0] != 'O' {
		return "", malformed
	}
	text, ok := Hex(nil, reply[1:])
	if !ok {
		return "", malformed
	}
	return Output(text), nil
}

// AppendTo appends the reply.
func (o Output) AppendTo(dst []byte) []byte { return AppendHex(append(dst, 'O'), []byte(o)) }
