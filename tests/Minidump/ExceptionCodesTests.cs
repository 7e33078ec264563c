using CrashHandler.Handler.Minidump;
using Xunit;

namespace CrashHandler.Tests.Minidump;

public sealed class ExceptionCodesTests
{
    [Theory]
    [InlineData(0xC0000005u, 0u, "EXCEPTION_ACCESS_VIOLATION_READ", 0UL, 0x18UL)]
    [InlineData(0xC0000005u, 0u, "EXCEPTION_ACCESS_VIOLATION_WRITE", 1UL, 0x18UL)]
    [InlineData(0xC0000005u, 0u, "EXCEPTION_ACCESS_VIOLATION_EXEC", 8UL, 0x18UL)]
    [InlineData(0xC0000005u, 0u, "EXCEPTION_ACCESS_VIOLATION", 3UL, 0x18UL)]
    [InlineData(0xC0000005u, 0u, "EXCEPTION_ACCESS_VIOLATION")]
    [InlineData(0xC0000006u, 0u, "EXCEPTION_IN_PAGE_ERROR_READ / 0xc000009c", 0UL, 0x18UL, 0xC000009CUL)]
    [InlineData(0xC0000006u, 0u, "EXCEPTION_IN_PAGE_ERROR_WRITE", 1UL, 0x18UL)]
    [InlineData(0x80000003u, 0u, "EXCEPTION_BREAKPOINT")]
    [InlineData(0xC0000094u, 0u, "EXCEPTION_INT_DIVIDE_BY_ZERO")]
    [InlineData(0xC00000FDu, 0u, "EXCEPTION_STACK_OVERFLOW")]
    [InlineData(0xC0000374u, 1u, "EXCEPTION_HEAP_CORRUPTION")]
    [InlineData(0xC0000409u, 1u, "FAST_FAIL_FATAL_APP_EXIT", 7UL)]
    [InlineData(0xC0000409u, 1u, "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE", 2UL)]
    [InlineData(0xC0000409u, 1u, "EXCEPTION_STACK_BUFFER_OVERRUN", 999UL)]
    [InlineData(0xC0000409u, 1u, "EXCEPTION_STACK_BUFFER_OVERRUN")]
    [InlineData(0xC0000602u, 1u, "STATUS_FAIL_FAST_EXCEPTION")]
    [InlineData(0x40000015u, 1u, "STATUS_FATAL_APP_EXIT")]
    [InlineData(0xE0434352u, 1u, "CLR exception")]
    [InlineData(0xE06D7363u, 1u, "Unhandled C++ Exception")]
    [InlineData(0x0517A7EDu, 0u, "Simulated Exception")]
    [InlineData(0xCAFEu, 1u, "0x0000cafe / 0x00000001")]
    public void Describes(uint code, uint flags, string expected, params ulong[] parameters)
        => Assert.Equal(expected, ExceptionCodes.Describe(code, flags, parameters));

    [Theory]
    [InlineData(0xC0000005u, 0x18UL, 0UL, 0x18UL)]
    [InlineData(0xC0000006u, 0x18UL, 0UL, 0x18UL, 0xC000009CUL)]
    [InlineData(0xC0000005u, 0x4000UL, 0UL)]
    [InlineData(0x80000003u, 0x4000UL, 0UL, 0x18UL)]
    public void ATouchedAddressComesBeforeTheInstructions(uint code, ulong expected, params ulong[] parameters)
        => Assert.Equal(expected, ExceptionCodes.AddressOf(code, 0x4000, parameters));
}
