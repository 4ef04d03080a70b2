package probe

import (
	"strings"
	"testing"
)

// TestConditionArithmetic: operators, their precedence and types.
func TestConditionArithmetic(t *testing.T) {
	for text, want := range map[string]int64{
		"1 + 2 * 3":                    7,
		"(1 + 2) * 3":                  9,
		"10 - 3 - 2":                   5,
		"7 / 2 + 7 % 2":                4,
		"1 << 4 | 1":                   17,
		"6 & 3 ^ 1":                    3,
		"1 == 1 && 2 != 2":             0,
		"0 || 5":                       1,
		"!5 == 0":                      1,
		"-1 < 0":                       1,
		"-(1) >> 1":                    -1,
		"~0":                           -1,
		"(u32)~0":                      1<<32 - 1,
		"(i8)0xff":                     -1,
		"(u8)0x1ff == 255":             1,
		"'a'":                          97,
		"5 %3":                         2,
		"0xffffffffffffffff < 0":       1,
		"1 || 1/0":                     1,
		"0 && *1":                      0,
		"- - 3":                        3,
		"1 < 2 == 2 > 1":               1,
		"(((((4)))))":                  4,
		"3 >= 3 && 3 <= 3":             1,
		"(i32) 0x80000000 < 0 && !(0)": 1,
	} {
		c, err := ParseCondition(text)
		if err != nil {
			t.Error(err)
			continue
		}
		if v, err := c.root.eval(nil); err != nil || v != want {
			t.Errorf("%s = %d, %v; want %d", text, v, err, want)
		}
	}
	c, err := ParseCondition("1 / (2 - 2)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.root.eval(nil); err != errDivision {
		t.Errorf("division by zero: %v", err)
	}
}

// TestConditionMistakes: each is named.
func TestConditionMistakes(t *testing.T) {
	for text, says := range map[string]string{
		"":                        "operand is missing",
		"1 +":                     "operand is missing",
		"1 2":                     "operator is missing",
		"(1":                      "not closed",
		"frob":                    `no register "frob"`,
		"$frob":                   `no register "frob"`,
		"1 = 1":                   `what is "="`,
		"@":                       `what is "@"`,
		"0x":                      "not a number",
		"99999999999999999999":    "not a number",
		"*(u32)rdi":               "no pointer",
		"(u32*)rdi":               "pointer without",
		strings.Repeat("(", 1000): "too deeply",
		strings.Repeat("-", 1000): "too deeply",
		")":                       "operand is missing",
	} {
		if c, err := ParseCondition(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, %v; want %q", text, c, err, says)
		}
	}
}

// FuzzCondition: whatever is written has an answer.
func FuzzCondition(f *testing.F) {
	f.Add("rdi == 5 && *(u32*)(rsi+8) > 0x100")
	f.Add("!(arg0 % 3) || 'a' << 2 != ~1")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 1000 {
			ParseCondition(text)
		}
	})
}
