using Microsoft.Diagnostics.Runtime;
using Microsoft.Diagnostics.Runtime.AbstractDac;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// The runtime's own data, through its DAC. ClrMD's services below its object model: that one enumerates every heap and module, and takes the code of a
/// method that is in use now for the one that a frame is in.
/// </summary>
internal sealed class RuntimeData
{
    private RuntimeData(IServiceProvider services)
    {
        Runtime = Service<IAbstractRuntime>(services);
        Threads = Service<IAbstractThreadHelpers>(services);
        Methods = Service<IAbstractMethodLocator>(services);
        Types = Service<IAbstractTypeHelpers>(services);
        Modules = Service<IAbstractModuleHelpers>(services);
        Heap = Service<IAbstractHeap>(services);
    }

    public IAbstractRuntime Runtime { get; }

    public IAbstractThreadHelpers Threads { get; }

    public IAbstractMethodLocator Methods { get; }

    public IAbstractTypeHelpers Types { get; }

    public IAbstractModuleHelpers Modules { get; }

    public IAbstractHeap Heap { get; }

    /// <summary>Loads the DAC. From here on, code of the process's choice has run in this process.</summary>
    /// <exception cref="NoManagedPartException">It refuses.</exception>
    public static RuntimeData Open(RuntimeImage runtime, DacFile dac, WalkDataReader reader)
    {
        try
        {
            DataTarget target = new(reader, new DataTargetOptions { FileLocator = new NoFiles(), SkipRuntimeEnumeration = true });
            ModuleInfo module = target.EnumerateModules().FirstOrDefault() ?? throw new NoManagedPartException($"{runtime.Path} cannot be read in the process");
            ClrInfo info = new(target, module, runtime.Version) { Flavor = ClrFlavor.Core };
            // Registered, as ClrMD wants to know of a runtime before it loads a DAC; the DAC of the next line is the one that is used.
            target.AddLoadedRuntime(info, static () => throw new NotSupportedException("the DAC is loaded by path"));
            return new RuntimeData(DataTarget.CreateDacServices(info, dac.LoadPath));
        }
        catch (Exception error) when (error is not NoManagedPartException)
        {
            throw new NoManagedPartException($"the runtime's debugging library ({DacFile.Name}) cannot be used: {error.Message}{(error.InnerException is { } cause ? $" ({cause.Message})" : "")}", error);
        }
    }

    private static T Service<T>(IServiceProvider services)
        where T : class
        => (T?)services.GetService(typeof(T)) ?? throw new NoManagedPartException("the runtime had not yet started, or its data is destroyed");
}
