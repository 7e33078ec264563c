using System.Buffers.Binary;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Microsoft.Diagnostics.Runtime.AbstractDac;

namespace CrashHandler.Handler.Managed;

/// <summary>Exception objects: what they say, what caused them, and where they were thrown.</summary>
internal sealed class ExceptionReader(RuntimeData runtime, ManagedObjects objects, ManagedMethods methods, bool leavesOutMessages)
{
    // CoreCLR's clrex.h: StackTraceArray begins with its count and a thread, 16 bytes; StackTraceElement is ip, sp, method and flags, 32 bytes.
    private const int ArrayHeaderBytes = 16, ElementBytes = 32, SpOffset = 8, MethodOffset = 16, FlagsOffset = 24;

    // STEF_IP_ADJUSTED: the instruction is the call already, not where it returns to.
    private const uint IpAdjusted = 2;

    private int _left;
    private readonly HashSet<ulong> _seen = [];

    /// <summary>The exception at an address; its Problem says what is missing.</summary>
    public ManagedException Read(ulong address)
    {
        _left = StacksLimits.Exceptions;
        _seen.Clear();
        ulong thrownAt = 0;
        StackException exception = Read(address, 0, ref thrownAt);
        return new ManagedException(exception, thrownAt, exception.Frames.Count > 0 ? exception.Frames[0].Method : null);
    }

    private StackException Read(ulong address, int depth, ref ulong thrownAt)
    {
        _left--;
        _seen.Add(address);
        if (objects.TypeOf(address) is not { } type)
        {
            return new StackException { Type = "?", Problem = $"the object at 0x{address:x} is damaged: it has no type" };
        }

        if (!objects.Is(type, runtime.Heap.State.ExceptionMethodTable))
        {
            return new StackException { Type = objects.NameOf(type), Problem = $"the object at 0x{address:x} is no exception" };
        }

        List<string> problems = [];
        int? result = objects.Field(address, type, "_HResult") is { } field && objects.TryRead(field, out int value) ? value : null;
        List<StackFrame> frames = ReadFrames(address, type, ref thrownAt, problems);
        List<StackException> inner = [];
        foreach (ulong cause in Causes(address, type))
        {
            if (_seen.Contains(cause))
            {
                problems.Add("its causes form a circle, which is cut");
            }
            else if (_left <= 0 || depth >= StacksLimits.Exceptions)
            {
                problems.Add($"further causes are left out (limit {StacksLimits.Exceptions})");
                break;
            }
            else
            {
                ulong ignored = 0;
                inner.Add(Read(cause, depth + 1, ref ignored));
            }
        }

        return new StackException
        {
            Type = Utf8Text.Cut(objects.NameOf(type), StacksLimits.MethodNameBytes),
            Message = leavesOutMessages ? null : objects.Text(objects.Reference(address, type, "_message"), StacksLimits.MessageBytes),
            HResult = result,
            Frames = frames,
            Inner = inner,
            Problem = problems.Count > 0 ? string.Join("; ", problems) : null,
        };
    }

    private List<ulong> Causes(ulong address, TypeInfo type)
    {
        // Of an AggregateException all of them; its _innerException is the first.
        ulong all = objects.Reference(address, type, "_innerExceptions");
        if (all != 0 && objects.TypeOf(all) is { ComponentSize: sizeof(ulong) })
        {
            List<ulong> several = objects.References(all, StacksLimits.Exceptions + 1);
            several.RemoveAll(cause => cause == 0);
            if (several.Count > 0)
            {
                return several;
            }
        }

        ulong one = objects.Reference(address, type, "_innerException");
        return one == 0 ? [] : [one];
    }

    private List<StackFrame> ReadFrames(ulong address, TypeInfo type, ref ulong thrownAt, List<string> problems)
    {
        List<StackFrame> frames = [];
        ulong trace = objects.Reference(address, type, "_stackTrace");
        // Since .NET 9, where methods must be kept alive: an array of references, of which the first is the trace.
        if (objects.TypeOf(trace) is { ComponentSize: sizeof(ulong) } && objects.Length(trace) > 0)
        {
            trace = objects.References(trace, 1)[0];
        }

        if (trace == 0)
        {
            return frames;
        }

        if (objects.TypeOf(trace) is not { ComponentSize: 1 } || objects.Length(trace) is not { } length || length < ArrayHeaderBytes)
        {
            problems.Add("its stack trace is damaged");
            return frames;
        }

        Span<byte> header = objects.Elements(trace, ArrayHeaderBytes);
        int count = header.Length == ArrayHeaderBytes ? BinaryPrimitives.ReadInt32LittleEndian(header) : 0;
        int there = Math.Clamp(count, 0, (length - ArrayHeaderBytes) / ElementBytes);
        int kept = Math.Min(there, StacksLimits.ExceptionFrames);
        ReadOnlySpan<byte> elements = objects.Elements(trace, ArrayHeaderBytes + (kept * ElementBytes));
        for (int at = ArrayHeaderBytes; at + ElementBytes <= elements.Length; at += ElementBytes)
        {
            ReadOnlySpan<byte> element = elements[at..];
            ulong ip = BinaryPrimitives.ReadUInt64LittleEndian(element);
            ulong sp = BinaryPrimitives.ReadUInt64LittleEndian(element[SpOffset..]);
            ulong method = BinaryPrimitives.ReadUInt64LittleEndian(element[MethodOffset..]);
            uint flags = BinaryPrimitives.ReadUInt32LittleEndian(element[FlagsOffset..]);
            thrownAt = frames.Count == 0 ? sp : thrownAt;
            frames.Add(methods.Frame(method, ip, isReturn: (flags & IpAdjusted) == 0) with { Sp = sp });
        }

        if (there > kept)
        {
            problems.Add($"{there - kept} frames at the outer end are left out");
        }

        return frames;
    }
}
