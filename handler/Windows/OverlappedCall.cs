using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// One overlapped operation on a pipe, again and again, with what the kernel writes of it outside of the collector's heap. It is begun and ended on one thread. Whatever is begun is
/// over before its memory is given back.
/// </summary>
/// <param name="pipe">The pipe; the caller's.</param>
/// <param name="signal">A manual-reset event, signalled when the operation is over; the caller's.</param>
/// <param name="bufferBytes">Bytes of <see cref="Buffer"/>.</param>
internal sealed unsafe class OverlappedCall(FileDescriptor pipe, FileDescriptor signal, int bufferBytes) : IDisposable
{
    private PipeCalls.Overlapped* _block = (PipeCalls.Overlapped*)NativeMemory.AllocZeroed((nuint)(sizeof(PipeCalls.Overlapped) + bufferBytes));
    private bool _isPending;
    private int _error;
    private uint _count;

    /// <summary>What a read fills.</summary>
    public ReadOnlySpan<byte> Buffer => new(_block + 1, bufferBytes);

    /// <summary>Whether it is over.</summary>
    public bool IsOver => !_isPending || Volatile.Read(ref _block->Internal) != PipeCalls.STATUS_PENDING;

    /// <summary>Begins to wait for a client.</summary>
    public void Connect()
    {
        Begin();
        if (PipeCalls.ConnectNamedPipe(pipe.Number, _block) == 0)
        {
            Begun(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Begins to read into <see cref="Buffer"/>.</summary>
    public void Read()
    {
        Begin();
        if (PipeCalls.ReadFile(pipe.Number, _block + 1, (uint)bufferBytes, null, _block) == 0)
        {
            Begun(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Reads on in a message that was longer than the last read: what is asked for is there.</summary>
    /// <returns>The Win32 error: ERROR_MORE_DATA where there is still more.</returns>
    public int ReadOn(byte* buffer, int bytes, out uint count)
    {
        Begin();
        if (PipeCalls.ReadFile(pipe.Number, buffer, (uint)bytes, null, _block) == 0)
        {
            Begun(Marshal.GetLastPInvokeError());
        }

        Cancel();
        return Result(out count);
    }

    /// <summary>Writes what there is room for at once, or within a limit.</summary>
    /// <returns>The Win32 error: ERROR_OPERATION_ABORTED where there was no room.</returns>
    public int Write(byte* buffer, int bytes, uint milliseconds)
    {
        Begin();
        if (PipeCalls.WriteFile(pipe.Number, buffer, (uint)bytes, null, _block) == 0)
        {
            Begun(Marshal.GetLastPInvokeError());
        }

        if (!IsOver && milliseconds > 0)
        {
            // Whatever it says, the operation is over or is cancelled.
            _ = PipeCalls.WaitForSingleObject(signal.Number, milliseconds);
        }

        Cancel();
        return Result(out _);
    }

    /// <summary>What came of an operation that is over: the Win32 error, 0 for none.</summary>
    public int Result(out uint count)
    {
        if (_isPending)
        {
            uint transferred;
            _error = PipeCalls.GetOverlappedResult(pipe.Number, _block, &transferred, 0) != 0 ? 0 : Marshal.GetLastPInvokeError();
            _count = transferred;
            _isPending = false;
        }

        count = _count;
        return _error;
    }

    public void Dispose()
    {
        if (_block != null)
        {
            Cancel();
            NativeMemory.Free(_block);
            _block = null;
        }
    }

    private void Begin()
    {
        *_block = new PipeCalls.Overlapped { Event = signal.Number };
        _isPending = true;
        (_error, _count) = (0, 0);
    }

    // What fails at once signals nothing. ERROR_MORE_DATA is an end like others.
    private void Begun(int error)
    {
        if (error is not (PipeCalls.ERROR_IO_PENDING or PipeCalls.ERROR_MORE_DATA))
        {
            _isPending = false;
            _error = error;
            _ = PipeCalls.SetEvent(signal.Number);
        }
    }

    private void Cancel()
    {
        if (!IsOver)
        {
            // ERROR_NOT_FOUND: it ended in this moment.
            _ = PipeCalls.CancelIoEx(pipe.Number, _block);
            uint transferred;
            _ = PipeCalls.GetOverlappedResult(pipe.Number, _block, &transferred, 1);
            // The event may be signalled for others that share it: then that returned, whatever it said, before this one is over, which takes the kernel microseconds.
            SpinWait spin = default;
            while (!IsOver)
            {
                spin.SpinOnce();
            }
        }
    }
}
