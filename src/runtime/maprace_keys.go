//go:build maprace

// Keys in reports: salted hashes that tell equal from different, or, when the user asks for it, the
// keys themselves, cut at 64 bytes.

package runtime

import (
	"internal/abi"
	"internal/runtime/sys"
	"unsafe"
)

const (
	mrKeyLength = 64
	mrKeysMost  = 1 << 16
)

// mrKeyText is a key that may be shown.
type mrKeyText struct {
	used int
	data [mrKeyLength]byte
}

// mrKeptKey is one that is kept.
type mrKeptKey struct {
	_ sys.NotInHeap
	mrKeyText
}

var mrKeys struct {
	lock mrSpin
	used uint32
	list [mrKeysMost]*mrKeptKey
}

// mrKeyOf returns a number for a key that a report can tell of: a salted hash, or where keys are shown
// that of its text. 0 when the access has no key.
func mrKeyOf(t *abi.MapType, key unsafe.Pointer) uint32 {
	if key == nil || t == nil {
		return 0
	}
	h := t.Hasher(key, mrSalt)
	hash := uint32(h) ^ uint32(uint64(h)>>32) | 1
	if !mrStream.keys {
		return hash
	}
	var text mrKeyText
	if !text.format(t.Key, key) {
		return 0
	}
	slot := &mrKeys.list[hash%mrKeysMost]
	mrKeys.lock.lock()
	if *slot == nil {
		*slot = (*mrKeptKey)(mrAlloc(unsafe.Sizeof(mrKeyText{})))
	}
	// An older key with the same number is forgotten: what is shown is the latest.
	(*slot).mrKeyText = text
	mrKeys.lock.unlock()
	return hash
}

// format writes a key of a plain type; other types have no text.
func (k *mrKeyText) format(t *abi.Type, key unsafe.Pointer) bool {
	switch t.Kind() {
	case abi.String:
		s := *(*string)(key)
		k.used = copy(k.data[:], s)
	case abi.Bool:
		s := "false"
		if *(*bool)(key) {
			s = "true"
		}
		k.used = copy(k.data[:], s)
	case abi.Int, abi.Int8, abi.Int16, abi.Int32, abi.Int64:
		k.number(mrSigned(t.Size_, key))
	case abi.Uint, abi.Uint8, abi.Uint16, abi.Uint32, abi.Uint64, abi.Uintptr:
		mask := ^uint64(0) >> (64 - 8*t.Size_)
		k.digits(uint64(mrSigned(t.Size_, key))&mask, false)
	default:
		return false
	}
	return true
}

func mrSigned(size uintptr, p unsafe.Pointer) int64 {
	switch size {
	case 1:
		return int64(*(*int8)(p))
	case 2:
		return int64(*(*int16)(p))
	case 4:
		return int64(*(*int32)(p))
	}
	return *(*int64)(p)
}

func (k *mrKeyText) number(n int64) {
	if n < 0 {
		k.digits(uint64(-n), true)
	} else {
		k.digits(uint64(n), false)
	}
}

func (k *mrKeyText) digits(n uint64, negative bool) {
	if negative {
		k.data[k.used] = '-'
		k.used++
	}
	var buffer [20]byte
	k.used += copy(k.data[k.used:], mrDecimal(&buffer, n))
}

// key writes the "key" of an access, if it has one.
func (l *mrLine) key(number uint32) {
	if number == 0 {
		return
	}
	l.raw(`,"key":`)
	if text := mrKeys.list[number%mrKeysMost]; mrStream.keys && text != nil {
		l.str(*(*string)(unsafe.Pointer(&stringStruct{unsafe.Pointer(&text.data[0]), text.used})))
		return
	}
	l.raw(`"#`)
	l.hex(uint64(number))
	l.byte('"')
}
