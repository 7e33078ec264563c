using CrashHandler.Handler.Stacks;
using Microsoft.Diagnostics.Runtime;

namespace CrashHandler.Handler.Managed;

/// <summary>The .NET runtime in a process.</summary>
/// <param name="Module">Its library.</param>
/// <param name="Build">Version and commit, as it says them of itself.</param>
/// <param name="Version">The four numbers.</param>
internal sealed partial record RuntimeImage(WalkModule Module, string Build, Version Version)
{
    // Exported by a single-file program, a NativeAOT one, CoreCLR's library, and any Mono.
    private const string SingleFileSymbol = "DotNetRuntimeInfo", AheadOfTimeSymbol = "DotNetRuntimeDebugHeader", CoreClrSymbol = "g_dacTable";

    /// <summary>Absolute path, as the process sees it.</summary>
    public string Path => Module.Path;

    /// <summary>Finds the runtime whose data can be read from outside.</summary>
    /// <exception cref="NoManagedPartException">There is none.</exception>
    public static RuntimeImage Find(WalkRequest request, IDataReader reader, IProcessMemory memory)
    {
        WalkModule? module = FindLibrary(request);
        if (module is null)
        {
            throw new NoManagedPartException(ExplainAbsence(request, reader));
        }

        try
        {
            if (!Exports(reader, module, CoreClrSymbol))
            {
                throw new NoManagedPartException($"{module.Path} is not the runtime of .NET that is known here (Mono?)");
            }

            string build = BuildOf(module, reader, memory)
                ?? throw new NoManagedPartException($"{module.Path} does not say which version it is");
            return new RuntimeImage(module, build, ParseVersion(build));
        }
        catch (InvalidDataException error)
        {
            throw new NoManagedPartException($"the runtime's library {module.Path} cannot be read in the process: {error.Message}", error);
        }
    }

    /// <summary>The runtime's library; null: there is none.</summary>
    public static WalkModule? FindLibrary(WalkRequest request)
        => request.Modules.FirstOrDefault(IsLibrary);

    /// <summary>The version as people know it: <c>10.0.12</c> of 10.0.1226.42308, whose third number is the patch and what the build appended, two digits.</summary>
    public static string Show(Version version) => version.Build >= 100 ? $"{version.Major}.{version.Minor}.{version.Build / 100}" : version.ToString();

    private static string ExplainAbsence(WalkRequest request, IDataReader reader)
    {
        if (request.Modules.FirstOrDefault(module => System.IO.Path.GetFileName(module.Path).StartsWith(MonoPrefix, StringComparison.Ordinal)) is { } mono)
        {
            return $"its runtime is Mono ({mono.Path}), whose data is not known here";
        }

        if (request.Modules.Count > 0 && request.Modules[0] is var main && IsNative(main))
        {
            if (Exports(reader, main, SingleFileSymbol))
            {
                return "it is a single-file program: its runtime comes without the library (DAC) that reads its data";
            }

            if (Exports(reader, main, AheadOfTimeSymbol))
            {
                return "it is compiled ahead of time (NativeAOT): there is no library (DAC) that reads its runtime's data";
            }
        }

        return $"there is no {LibraryName} among its modules";
    }

    private static bool Exports(IDataReader reader, WalkModule module, string symbol)
        => ModuleInfo.TryCreate(reader, module.Address, module.Path) is { } info && info.GetExportSymbolAddress(symbol) != 0;

    private static Version ParseVersion(string build)
    {
        string numbers = build.Split(' ')[0];
        return Version.TryParse(numbers, out Version? version) ? version : throw new NoManagedPartException($"the runtime's version is {numbers}, which is none");
    }
}
