//go:build maprace

// The calls for sockets that runtime/stubs_linux.go declares and that Go has on every other processor.

#include "textflag.h"

#define SYS_socket	198
#define SYS_connect	203

// func connect(fd int32, addr unsafe.Pointer, len int32) int32
TEXT runtime·connect(SB),NOSPLIT,$0-28
	MOVW	fd+0(FP), A0
	MOV	addr+8(FP), A1
	MOVW	len+16(FP), A2
	MOV	$SYS_connect, A7
	ECALL
	MOVW	A0, ret+24(FP)
	RET

// func socket(domain int32, typ int32, prot int32) int32
TEXT runtime·socket(SB),NOSPLIT,$0-20
	MOVW	domain+0(FP), A0
	MOVW	typ+4(FP), A1
	MOVW	prot+8(FP), A2
	MOV	$SYS_socket, A7
	ECALL
	MOVW	A0, ret+16(FP)
	RET
