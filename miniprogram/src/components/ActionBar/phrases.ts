interface Phrase {
  /** The whole sentence, which the person may change. */
  id: string
  name: string
}

/** Sentences to begin a reason from, by command. Matters before a court or under review are declined with where to go instead. */
export const phrases: Record<string, Phrase[]> = {
  reject: [
    { id: '这件事已经进入诉讼程序，联络站不能受理。请您按法院的程序办理，需要法律咨询可以拨打 12348。', name: '正在诉讼' },
    { id: '这件事正在仲裁，联络站不能受理。请您等仲裁结果；不服的，可以依法向法院起诉。', name: '正在仲裁' },
    { id: '这件事正在行政复议，联络站不能受理。请您等复议决定；不服的，可以依法提起行政诉讼。', name: '正在行政复议' },
    { id: '这件事不归街道办理。请您拨打 12345 政务服务热线，由他们转给有关部门。', name: '不归街道管' },
  ],
  return: [
    { id: '请您补充具体的位置，比如楼号、路口或者附近的标志。', name: '位置不清楚' },
    { id: '请您补充一两张现场照片。', name: '缺照片' },
    { id: '请您说说是从什么时候开始的，大概多久出现一次。', name: '时间不清楚' },
  ],
  decline: [
    { id: '这个时间临时有公务，很抱歉。请您换一个时间，或者约另一位代表。', name: '临时有公务' },
    { id: '这件事我不太熟悉，建议您约更了解这方面的代表。', name: '另一位更合适' },
  ],
  object: [
    { id: '我当天到了联络站，没有签上到。', name: '我到了' },
    { id: '我事先打过电话说明来不了。', name: '事先说过' },
  ],
  counter: [
    { id: '原来的时间有公务，换成这个时间可以吗？', name: '原来的时间有公务' },
    { id: '想留多一点时间听您说，换成这个时间可以吗？', name: '想多留点时间' },
  ],
}

/** What the empty field asks for. */
export const reasonHints: Record<string, string> = {
  reject: '写明原因和可以去哪里办，反映人会看到',
  return: '请反映人补充什么',
  send_back: '为什么不归您单位，归哪里更合适',
  supervise: '为什么要督办',
  object: '说说当时的情况，联络站会核实',
  refuse: '哪里还没解决？拍张照更清楚',
}

/** What the empty field asks for. */
export const noteHints: Record<string, string> = {
  complete: '谈了什么、答复了什么、要不要跟进。写进服务记录，选民看不到',
  verify: '在现场看到了什么',
  submit: '补充您要说的情况',
  answer: '怎么答复的，反映人会看到',
}
