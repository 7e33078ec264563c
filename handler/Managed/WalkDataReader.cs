using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;
using Microsoft.Diagnostics.Runtime;

namespace CrashHandler.Handler.Managed;

/// <summary>What ClrMD and the DAC see of the process: its memory, and the registers of its threads as the handler found them.</summary>
internal sealed unsafe class WalkDataReader : IDataReader
{
    private readonly WalkRequest _request;
    private readonly IProcessMemory _memory;
    private readonly Dictionary<uint, Amd64Registers> _registers = [];

    public WalkDataReader(WalkRequest request, IProcessMemory memory)
    {
        _request = request;
        _memory = memory;
        foreach (WalkThread thread in request.Threads)
        {
            if (thread.Registers is { } registers)
            {
                _registers.TryAdd((uint)thread.ThreadId, registers);
            }
        }
    }

    public string DisplayName => "process";

    public bool IsThreadSafe => false;

    public OSPlatform TargetPlatform => OperatingSystem.IsWindows() ? OSPlatform.Windows : OSPlatform.Linux;

    public Architecture Architecture => Architecture.X64;

    public int ProcessId => _request.ProcessId;

    public int PointerSize => sizeof(ulong);

    // The runtime's library alone: ClrMD reads a file for what it cannot read of a module in memory, and it is to read none.
    public IEnumerable<ModuleInfo> EnumerateModules()
    {
        if (RuntimeImage.FindLibrary(_request) is { } library && ModuleInfo.TryCreate(this, library.Address, library.Path) is { } module)
        {
            yield return module;
        }
    }

    public bool GetThreadContext(uint threadID, uint contextFlags, Span<byte> context)
    {
        if (context.Length < Amd64Context.Size || !_registers.TryGetValue(threadID, out Amd64Registers? registers))
        {
            return false;
        }

        context.Clear();
        MemoryMarshal.Write(context, Amd64Context.Of(registers));
        return true;
    }

    public int Read(ulong address, Span<byte> buffer) => _memory.Read(address, buffer);

    public bool Read<T>(ulong address, out T value)
        where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        if (_memory.Read(address, new Span<byte>(Unsafe.AsPointer(ref value), sizeof(T))) == sizeof(T))
        {
            return true;
        }

        value = default;
        return false;
    }

    public T Read<T>(ulong address)
        where T : unmanaged
    {
        Read(address, out T value);
        return value;
    }

    public bool ReadPointer(ulong address, out ulong value) => Read(address, out value);

    public ulong ReadPointer(ulong address) => Read<ulong>(address);

    public void FlushCachedData()
    {
    }
}
