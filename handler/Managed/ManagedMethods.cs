using System.Collections.Immutable;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Microsoft.Diagnostics.Runtime;
using Microsoft.Diagnostics.Runtime.AbstractDac;

namespace CrashHandler.Handler.Managed;

/// <summary>What is known of the methods on the stacks, each looked up once.</summary>
internal sealed class ManagedMethods(RuntimeData runtime, ManagedModules modules)
{
    private readonly Dictionary<ulong, StackFrame> _methods = [];
    private readonly Dictionary<(ulong Method, ulong Ip, bool IsReturn), StackFrame> _frames = [];
    private readonly Dictionary<ulong, ulong> _byIp = [];
    private readonly Dictionary<ulong, List<ImmutableArray<ILToNativeMap>>> _maps = [];

    /// <summary>The method's descriptor at an instruction; 0: there is none.</summary>
    public ulong Find(ulong ip)
    {
        if (!_byIp.TryGetValue(ip, out ulong method))
        {
            method = runtime.Methods.GetMethodHandleByInstructionPointer(ip);
            _byIp.Add(ip, method);
        }

        return method;
    }

    /// <summary>A frame at an instruction of a method.</summary>
    /// <param name="method">The method's descriptor; 0: not known.</param>
    /// <param name="ip">Where it is.</param>
    /// <param name="isReturn">It is where a call returns to, so that the call is before it.</param>
    public StackFrame Frame(ulong method, ulong ip, bool isReturn)
    {
        if (!_frames.TryGetValue((method, ip, isReturn), out StackFrame? frame))
        {
            frame = Method(method) with { Ip = ip, IlOffset = method == 0 || ip == 0 ? null : IlOffset(method, isReturn ? ip - 1 : ip) };
            _frames.Add((method, ip, isReturn), frame);
        }

        return frame;
    }

    /// <summary>Full name with parameters; null: not known.</summary>
    public string? Name(ulong method) => method == 0 ? null : Method(method).Method;

    private StackFrame Method(ulong method)
    {
        if (!_methods.TryGetValue(method, out StackFrame? known))
        {
            known = new StackFrame { Kind = StackFrameKind.Managed, Origin = StackFrameOrigin.Runtime };
            if (method != 0)
            {
                string? name = runtime.Types.GetMethodSignature(method);
                uint? token = runtime.Methods.GetMethodInfo(method, out MethodInfo info) && info.Token != 0 ? (uint)info.Token : null;
                ulong type = runtime.Methods.GetMethodHandleContainingType(method);
                (string? path, Guid? mvid) = type != 0 && runtime.Types.GetTypeInfo(type, out TypeInfo typeInfo) ? modules.Find(typeInfo.ModuleAddress) : (null, null);
                known = known with { Method = name is null ? null : MethodNames.OfMethod(Utf8Text.Cut(name, StacksLimits.MethodNameBytes)), Token = token, Module = path, Mvid = mvid };
            }

            _methods.Add(method, known);
        }

        return known;
    }

    // As the runtime's own stack traces do: the last place in the code that stands for one in the IL and is not behind the instruction.
    private int? IlOffset(ulong method, ulong ip)
    {
        if (!_maps.TryGetValue(method, out List<ImmutableArray<ILToNativeMap>>? maps))
        {
            maps = [];
            _maps.Add(method, maps);
        }

        if (Find(maps, ip) is not { } map)
        {
            // A method has one code for each tier that it went through, and this is another one.
            map = runtime.Types.GetILMap(ip, default);
            maps.Add(map);
        }

        int? offset = null;
        ulong best = 0;
        foreach (ILToNativeMap entry in map)
        {
            if (entry.StartAddress <= ip && entry.StartAddress >= best && entry.ILOffset >= 0)
            {
                best = entry.StartAddress;
                offset = entry.ILOffset;
            }
        }

        return offset;
    }

    private static ImmutableArray<ILToNativeMap>? Find(List<ImmutableArray<ILToNativeMap>> maps, ulong ip)
    {
        foreach (ImmutableArray<ILToNativeMap> map in maps)
        {
            if (map.Length > 0 && map.Min(entry => entry.StartAddress) <= ip && ip <= map.Max(entry => entry.EndAddress))
            {
                return map;
            }
        }

        return null;
    }
}
