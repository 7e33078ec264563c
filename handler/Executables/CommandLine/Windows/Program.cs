using CrashHandler.Handler.Cli;

return HelperVerbs.Run(args) ?? CommandLine.Run(args);
