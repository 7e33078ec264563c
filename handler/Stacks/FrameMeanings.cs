using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>Which frames a signature passes over, and which are a library's (handler/Stacks/README.md, "Signature").</summary>
internal static class FrameMeanings
{
    private const string Shim = "libcrashhandler.so", WindowsShim = "crashhandler.dll";

    // The runtime's native helpers, such as libSystem.Native.so; on Windows System.IO.Compression.Native.dll.
    private const string RuntimeHelpers = "libSystem.", WindowsRuntimeHelpersEnd = ".native.dll";

    private const string WindowsLibraryEnd = ".dll";
    private const string Thrower = "Throw";
    private const string Stub = "IL_STUB";

    /// <summary>Modules of the runtime, its host and of ours: under every managed stack.</summary>
    private static readonly HashSet<string> s_runtimeModules =
    [
        "libcoreclr.so", "libclrjit.so", "libclrgc.so", "libclrgcexp.so", "libclrinterpreter.so", "libmscordaccore.so", "libmscordbi.so", "libcoreclrtraceptprovider.so",
        "libhostfxr.so", "libhostpolicy.so", "dotnet", Shim,
        "coreclr.dll", "clrjit.dll", "clrgc.dll", "clrgcexp.dll", "clrinterpreter.dll", "mscordaccore.dll", "mscordbi.dll", "clretwrc.dll", "hostfxr.dll", "hostpolicy.dll", "dotnet.exe", WindowsShim,
    ];

    private static readonly HashSet<string> s_systemModules =
    [
        "libc.so", "libm.so", "libpthread.so", "libdl.so", "librt.so", "libstdc++.so", "libc++.so", "libc++abi.so", "libgcc_s.so", "libunwind.so", "ld-linux-x86-64.so",
        "ld-musl-x86_64.so", "linux-gate.so", "linux-vdso.so",
        "ntdll.dll", "kernel32.dll", "kernelbase.dll", "win32u.dll", "user32.dll", "rpcrt4.dll", "combase.dll", "ucrtbase.dll", "msvcrt.dll", "vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll",
    ];

    private static readonly HashSet<string> s_deliberateFunctions =
    [
        "raise", "gsignal", "abort", "kill", "tgkill", "tkill", "sigqueue", "pthread_kill", "__pthread_kill", "__pthread_kill_implementation", "__pthread_kill_internal", "__restore_rt",
        "__kernel_rt_sigreturn", "__assert_fail", "__assert_fail_base", "__assert_perror_fail", "__assert", "__libc_message", "__libc_message_impl", "__libc_fatal", "__fortify_fail",
        "__fortify_fail_abort", "__chk_fail", "__stack_chk_fail", "__stack_chk_fail_local", "malloc_printerr", "__cxa_throw", "__cxa_rethrow", "__cxa_bad_cast", "__cxa_pure_virtual",
        "__cxa_call_unexpected", "__cxa_call_terminate", "__cxxabiv1::__terminate", "__cxxabiv1::__unexpected", "__gnu_cxx::__verbose_terminate_handler", "std::terminate", "std::abort",
        "std::rethrow_exception", "_Unwind_RaiseException", "_Unwind_Resume", "_Unwind_Resume_or_Rethrow", "_Unwind_ForcedUnwind", "__clang_call_terminate", "rust_panic", "rust_begin_unwind",
        "SystemNative_Abort", "SystemNative_Kill", "SystemNative_Exit", "FailFast",
        // NativeAOT's, where its symbols are not stripped.
        "RhpThrowEx", "RhpThrowHwException", "RhThrowEx", "RhThrowHwEx", "RhpRethrow", "RhFailFast", "RhpFallbackFailFast", "PalRaiseFailFastException", "RaiseFailFastException",
    ];

    /// <summary>The same in modules of Windows: their names are nobody's elsewhere.</summary>
    private static readonly HashSet<string> s_windowsFunctions =
    [
        "RaiseException", "RtlRaiseException", "RtlDispatchException", "KiUserExceptionDispatcher", "UnhandledExceptionFilter", "RtlFailFast2", "_CxxThrowException", "terminate", "abort",
        "_invoke_watson", "_invalid_parameter_noinfo", "DebugBreak", "DbgBreakPoint",
    ];

    private static readonly string[] s_deliberatePrefixes =
    [
        "std::__throw_", "core::panicking::", "std::panicking::", "S_P_CoreLib_System_Runtime_EH__", "S_P_CoreLib_System_RuntimeExceptionHelpers__", "S_P_CoreLib_System_Environment__FailFast",
        "S_P_CoreLib_Internal_Runtime_CompilerHelpers_ThrowHelpers__",
    ];

    private static readonly HashSet<string> s_startFunctions =
    [
        "_start", "__libc_start_main", "__libc_start_main_impl", "__libc_start_call_main", "start_thread", "clone", "clone3", "__clone", "__clone3", "__clone_internal", "thread_start",
        "execute_native_thread_routine", "CallDescrWorkerInternal", "exe_start", "__pthread_start", "generic_start_main", "RtlUserThreadStart", "BaseThreadInitThunk",
    ];

    /// <summary>Of the runtime, on the way of an exception or to the end of the process.</summary>
    private static readonly string[] s_deliberateMethods =
    [
        "System.Environment.FailFast", "System.Environment._FailFast", "System.Environment.Exit", "System.Environment._Exit", "System.Diagnostics.Debug.", "System.Diagnostics.Trace.",
        "System.Diagnostics.TraceInternal.", "System.Diagnostics.DebugProvider.", "System.Diagnostics.TraceListener.", "System.Diagnostics.DefaultTraceListener.",
        "System.Runtime.ExceptionServices.", "System.Runtime.EH.", "System.Runtime.InternalCalls.", "System.Runtime.StackFrameIterator.", "System.Runtime.InteropServices.Marshal.ThrowExceptionForHR",
        "CrashHandler.CrashReporter.",
    ];

    /// <summary>Of the runtime, between a method and the one that called, awaited or invoked it: which of them stand there changes with the runtime and its state.</summary>
    private static readonly string[] s_meaninglessMethods =
    [
        "System.Runtime.CompilerServices.TaskAwaiter", "System.Runtime.CompilerServices.ValueTaskAwaiter", "System.Runtime.CompilerServices.ConfiguredTaskAwaitable",
        "System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable", "System.Runtime.CompilerServices.YieldAwaitable", "System.Runtime.CompilerServices.AsyncTaskMethodBuilder",
        "System.Runtime.CompilerServices.AsyncValueTaskMethodBuilder", "System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder", "System.Runtime.CompilerServices.AsyncVoidMethodBuilder",
        "System.Runtime.CompilerServices.AsyncIteratorMethodBuilder", "System.Runtime.CompilerServices.AsyncMethodBuilderCore", "System.Runtime.CompilerServices.AsyncHelpers",
        "System.Runtime.CompilerServices.StaticsHelpers.", "System.Runtime.CompilerServices.InitHelpers.", "System.Runtime.CompilerServices.CastHelpers.", "System.Runtime.CompilerServices.GenericsHelpers.",
        "System.Runtime.CompilerServices.VirtualDispatchHelpers.", "System.Runtime.CompilerServices.RuntimeHelpers.", "System.Threading.Tasks.Task.", "System.Threading.Tasks.AwaitTaskContinuation.",
        "System.Threading.Tasks.TaskContinuation.", "System.Threading.Tasks.TaskScheduler.", "System.Threading.Tasks.ThreadPoolTaskScheduler.", "System.Threading.Tasks.ContinuationTask",
        "System.Threading.Tasks.ValueTask.", "System.Threading.Tasks.Sources.", "System.Threading.ExecutionContext.", "System.Threading.ThreadPoolWorkQueue.", "System.Threading.PortableThreadPool.",
        "System.Threading.WindowsThreadPool.", "System.Threading.QueueUserWorkItemCallback", "System.Threading.ThreadPool.", "System.Threading.UnmanagedThreadPoolWorkItem.", "System.Threading.TimerQueue",
        "System.Threading.Thread.", "System.Reflection.MethodBaseInvoker.", "System.Reflection.MethodInvoker.", "System.Reflection.MethodInvokerCommon.", "System.Reflection.ConstructorInvoker.",
        "System.Reflection.RuntimeMethodInfo.", "System.Reflection.RuntimeConstructorInfo.", "System.Reflection.MethodBase.Invoke", "System.Reflection.InvokerEmitUtil.", "System.RuntimeMethodHandle.",
        "System.RuntimeType.", "System.RuntimeTypeHandle.", "System.Activator.CreateInstance", "System.ActivatorCache.", "System.Delegate.DynamicInvoke", "System.StubHelpers.", "System.GC.RunFinalizers",
        "System.AppContext.", "System.StartupHookProvider.", "DynamicClass.InvokeStub_", "dynamicClass.InvokeStub_", "InvokeStub_",
    ];

    private static readonly string[] s_libraryNamespaces = ["System.", "Microsoft.", "Internal.", "Interop.", "MS.Internal."];

    /// <summary>Whether a frame is native code of the runtime, its host or of ours.</summary>
    public static bool IsRuntime(StackFrame frame)
        => frame is { Kind: StackFrameKind.Native, Module: { } module } && NativeName.OfModule(module) is var name && s_runtimeModules.Contains(name) && name is not (Shim or WindowsShim);

    /// <summary>Whether a method is passed over for its own name only, which anybody may give.</summary>
    public static bool IsOwnThrower(string name) => IsThrower(name) && !StartsWithAny(name, s_libraryNamespaces) && !StartsWithAny(name, s_deliberateMethods);

    /// <summary>What a frame means, by its name as <see cref="StackSignature"/> says it.</summary>
    public static FrameMeaning Of(StackFrame frame, string name) => frame.Kind switch
    {
        StackFrameKind.Managed => OfManaged(name),
        StackFrameKind.Native => OfNative(frame, name),
        _ => FrameMeaning.None,
    };

    private static FrameMeaning OfManaged(string name)
    {
        if (IsThrower(name) || StartsWithAny(name, s_deliberateMethods))
        {
            return FrameMeaning.Deliberate;
        }

        return name.Length == 0 || name.Contains(Stub, StringComparison.Ordinal) || StartsWithAny(name, s_meaninglessMethods) ? FrameMeaning.None
            : StartsWithAny(name, s_libraryNamespaces) ? FrameMeaning.Library
            : FrameMeaning.Own;
    }

    private static FrameMeaning OfNative(StackFrame frame, string name)
    {
        // Before the module: the runtime and NativeAOT programs may have them, too.
        if (frame.Method is not null && (s_deliberateFunctions.Contains(name) || StartsWithAny(name, s_deliberatePrefixes)))
        {
            return FrameMeaning.Deliberate;
        }

        string module = NativeName.OfModule(frame.Module ?? "");
        if (s_windowsFunctions.Contains(name) && s_systemModules.Contains(module) && module.EndsWith(WindowsLibraryEnd, StringComparison.Ordinal))
        {
            return FrameMeaning.Deliberate;
        }

        // Generated code has no file, or the runtime's in memory.
        return s_runtimeModules.Contains(module) || s_startFunctions.Contains(name) || module.StartsWith('[') || module.StartsWith("memfd:", StringComparison.Ordinal) || name.Length == 0 ? FrameMeaning.None
            : s_systemModules.Contains(module) || module.StartsWith(RuntimeHelpers, StringComparison.Ordinal) || module.EndsWith(WindowsRuntimeHelpersEnd, StringComparison.Ordinal) ? FrameMeaning.Library
            : FrameMeaning.Own;
    }

    /// <summary>A method that only throws, by its name: <c>Throw</c>, <c>ThrowIfNull</c>, everything of a <c>ThrowHelper</c>.</summary>
    private static bool IsThrower(string name)
    {
        string method = ManagedName.LastPart(name);
        if (method.StartsWith(Thrower, StringComparison.Ordinal) && (method.Length == Thrower.Length || char.IsAsciiLetterUpper(method[Thrower.Length]))
            && !method.EndsWith(ManagedName.Lambda, StringComparison.Ordinal))
        {
            return true;
        }

        string type = name[..(name.Length - method.Length)].TrimEnd('.');
        return type.EndsWith("ThrowHelper", StringComparison.Ordinal) || type.EndsWith("ThrowHelpers", StringComparison.Ordinal);
    }

    private static bool StartsWithAny(string name, string[] prefixes) => Array.Exists(prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
