package api

// Methods lists the methods that clients can call.
func Methods() []string {
	return []string{
		MethodHello, MethodList, MethodAdopt,
		MethodAttach, MethodDetach, MethodEvents, MethodAnswer, MethodCtl, MethodInject,
		MethodPlant, MethodLift, MethodWatch, MethodIgnore,
		MethodRegs, MethodSet, MethodMask, MethodUser, MethodRead, MethodWrite,
		MethodRun, MethodTell, MethodSignal,
		MethodOpen, MethodTask, MethodInterest, MethodResume, MethodHold, MethodInterrupt,
	}
}
